"""Runs one trial: `python -P -m bench.worker CHANNEL` with a job on standard input."""

import sys
from time import perf_counter

from bench.job import Job
from bench.models.outside import find_model
from bench.spec import parameter_count
from bench.worker.process import (
    Channel,
    Partner,
    StartingGate,
    list_versions,
    read_process_memory,
    serve,
)


def run(text: str, channel: Channel) -> None:
    """Run a job and send its events over the channel."""
    job = Job.from_json(text)
    model = find_model(job.model, job.model_folder)
    spec = model.build(job.samples)
    gate, partner = StartingGate(job.gate), Partner(job.turns)
    partner.begin()
    start = perf_counter()
    # Here and not above, so that what a framework's import costs, NumPy included, is measured.
    from bench.worker.backend import import_backend, import_model

    backend_class = import_backend(job.framework, job.implementation)
    import_model(job.framework, job.implementation, model, spec)
    channel.send(
        "imported",
        seconds=perf_counter() - start,
        framework_version=backend_class.version,
        versions=list_versions(),
        memory=read_process_memory(),
    )

    from bench.worker.batches import load_batches, make_feed
    from bench.worker.loop import Loop, Pacer

    start = perf_counter()
    batches, digests = load_batches(job, spec)
    channel.send("inputs", seconds=perf_counter() - start, digests=digests)

    start = perf_counter()
    backend = backend_class(spec, job.optimizer, job.execution)
    backend.load(batches.weights)
    feed = make_feed(job.input, backend, batches)
    backend.synchronize()
    channel.send(
        "built",
        seconds=perf_counter() - start,
        parameters=parameter_count(spec),
        memory={**read_process_memory(), **backend.memory()},
    )

    gate.wait(channel)
    pacer = Pacer(job.block_seconds, batches.most_steps)
    loop = Loop(backend, batches, feed, job.optimizer, pacer, channel.send, job.evaluate_every)
    loop.partner = partner
    loop.train()
    memory = {**read_process_memory(), **backend.memory()}
    channel.send("finished", memory=memory, absent=backend.absent())


if __name__ == "__main__":
    sys.exit(serve(run))
