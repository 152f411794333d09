"""Runs one trial: `python -P -m bench.worker CHANNEL` with a job on standard input."""

import sys
import traceback
from time import perf_counter

from bench.errors import SamestepError
from bench.job import Job
from bench.models import MODELS
from bench.spec import parameter_count
from bench.worker.channel import Channel
from bench.worker.meter import installed_versions, peak_resident_bytes


def run(job: Job, channel: Channel) -> None:
    """Run a job; what it gives goes over the channel."""
    start = perf_counter()
    # Here and not above, so that what a framework's import costs, NumPy included, is measured.
    from bench.worker.backend import import_backend

    backend_class = import_backend(job.framework, job.implementation)
    channel.send(
        "imported",
        seconds=perf_counter() - start,
        framework_version=backend_class.version,
        versions=installed_versions(),
        resident_bytes=peak_resident_bytes(),
    )

    from bench.worker.batches import load_batches
    from bench.worker.loop import Loop
    from bench.worker.pacer import Pacer

    start = perf_counter()
    spec = MODELS[job.model].build(job.samples)
    batches, digests = load_batches(job, spec)
    channel.send("inputs", seconds=perf_counter() - start, digests=digests)

    start = perf_counter()
    backend = backend_class(spec, job.optimizer, job.execution)
    backend.load(batches.weights)
    backend.synchronize()
    channel.send(
        "built",
        seconds=perf_counter() - start,
        parameters=parameter_count(spec),
        resident_bytes=peak_resident_bytes(),
    )

    pacer = Pacer(job.warmup_steps, job.block_seconds, batches.most_steps)
    Loop(backend, batches, job.optimizer, pacer, channel.send).train()
    channel.send("finished", memory=backend.memory(), resident_bytes=peak_resident_bytes())


def main() -> int:
    """The worker's exit status: 0 when the trial finished."""
    channel = Channel(int(sys.argv[1]))
    job = Job.from_json(sys.stdin.read())
    try:
        run(job, channel)
    except SamestepError as error:
        channel.send("error", reason=str(error))
        return 1
    # The edge of the process: whatever a framework raises becomes a record with
    # its traceback in the trial's log.
    except Exception as error:
        traceback.print_exc()
        line = (str(error).strip().splitlines() or [""])[0]
        channel.send("error", reason=f"{type(error).__name__}: {line}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
