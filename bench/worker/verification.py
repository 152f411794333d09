"""Verifies cells: `python -P -m bench.worker.verification CHANNEL`, a job on standard input."""

import gc
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from bench.errors import WorkerError
from bench.job import Execution
from bench.models.outside import find_model
from bench.protocol.verification import GRADIENTS, STAGES, VerificationJob, is_over_limit
from bench.spec import ModelSpec, arrays_of, check_parameters, without_dropout
from bench.worker.backend import Backend, VerifiableBackend, import_backend, import_model
from bench.worker.process import Channel, serve
from bench.worker.quantities import Array, Data, measure

DTYPES = {"float64": np.float64, "ieee": np.float32}
ARRAY = "array "
VERIFICATION = ("logits", "gradients", "export", "slots")
# The error of an item that one side does not have.
MISSING = float("inf")


def run(text: str, channel: Channel) -> None:
    """Do the job and those that are offered after it, one after the other."""
    job = VerificationJob.from_json(text)
    verify(job, channel)
    if job.more is None:
        return
    # What a framework starts must not read the next job.
    os.set_inheritable(job.more, False)
    with os.fdopen(job.more, encoding="utf-8") as lines:
        for line in lines:
            # Models hold themselves in cycles: none is to lie beside the next one.
            gc.collect()
            verify(VerificationJob.from_json(line), channel)


def verify(job: VerificationJob, channel: Channel) -> None:
    """Take the steps in each precision and send the errors over the channel."""
    backend_class = _make_verifiable(job, import_backend(job.framework, job.implementation))
    channel.send("imported", framework_version=backend_class.version)
    model = find_model(job.model, job.model_folder)
    spec = without_dropout(model.build(job.samples))
    import_model(job.framework, job.implementation, model, spec)
    for precision in job.precisions:
        if _differs(job, precision, spec, backend_class, channel) and job.stop_at_difference:
            break
    channel.send("finished")


def _differs(
    job: VerificationJob,
    precision: str,
    spec: ModelSpec,
    backend_class: type[VerifiableBackend],
    channel: Channel,
) -> bool:
    """Take the steps in a precision; tell whether any quantity is over its limit."""
    data = load_data(job, precision)
    check_parameters(arrays_of(spec), data.arrays, "the verification's inputs")
    execution = Execution(job.mode, precision, job.device, job.threads, job.layout, job.knobs)
    differs = False
    # A reference builds its model anew, and is to give what is recorded here.
    anew = job.record is not None
    for stage, quantities in measure(backend_class, spec, execution, data, job.optimizers, anew):
        if precision not in STAGES[stage].limits:
            continue
        if job.record is not None:
            write_quantities(Path(job.record), stage, quantities)
        if job.reference is None:
            continue
        reference = Path(job.reference)
        if not job.as_far_as_recorded or _file(reference, stage).exists():
            errors = compare(reference, stage, quantities)
            channel.send("compared", precision=precision, stage=stage, errors=errors)
            # The host looks at the float32 gradients of all batches together.
            if precision == "float64" or stage not in GRADIENTS:
                limit = STAGES[stage].limits[precision]
                differs |= any(is_over_limit(error, limit) for _, error in errors)
            if differs and job.stop_at_difference:
                break
    return differs


def load_data(job: VerificationJob, precision: str) -> Data:
    """Load the inputs of a job in the framework's layout; tokens stay as they are."""
    with np.load(job.inputs, allow_pickle=False) as archive:
        arrays = {
            name.removeprefix(ARRAY): archive[name].astype(DTYPES[precision])
            for name in archive.files
            if name.startswith(ARRAY)
        }
        inputs, labels = archive["inputs"], archive["labels"]
    if job.samples.vocabulary is None:
        inputs = inputs.astype(DTYPES[precision])
        if job.layout == "NHWC":
            inputs = np.ascontiguousarray(inputs.transpose(0, 1, 3, 4, 2))
    return Data(inputs, labels, arrays)


def _make_verifiable(job: VerificationJob, backend_class: type[Backend]) -> type[VerifiableBackend]:
    """Return the class with the reference's deviations, if the job names some."""
    missing = [name for name in VERIFICATION if not hasattr(backend_class, name)]
    if missing:
        raise WorkerError(
            f"{job.implementation}/backend.py cannot be verified: its class 'Backend' has no "
            f"{', '.join(missing)}; add them as bench/worker/backend.py describes them."
        )
    attributes: dict[str, Any] = {}
    if job.unbiased_variance:
        attributes["unbiased_variance"] = True
    if job.deviations:
        canonical = cast(Any, backend_class).deviations
        attributes["deviations"] = replace(canonical, **job.deviations)
    if attributes:
        backend_class = type("Backend", (backend_class,), attributes)
    return cast(type[VerifiableBackend], backend_class)


def write_quantities(folder: Path, stage: str, quantities: Mapping[str, Array]) -> None:
    """Write a stage's quantities into a folder."""
    # Positions and not names as keys: a name may be empty, and a zip cannot tell case everywhere.
    arrays = {f"q{index}": value for index, value in enumerate(quantities.values())}
    names = np.array(list(quantities), dtype=np.str_)
    np.savez(_file(folder, stage), names=names, **arrays)  # type: ignore[arg-type]


def compare(
    folder: Path, stage: str, quantities: Mapping[str, Array]
) -> list[tuple[str, float | None]]:
    """Compare with recorded quantities: an error for each item of either side, in their order.

    An error that is no finite number is None.
    """
    with np.load(_file(folder, stage), allow_pickle=False) as archive:
        names = archive["names"].tolist()
        errors = [
            (name, compute_relative_error(quantities[name], archive[f"q{index}"]))
            if name in quantities
            else (name, MISSING)
            for index, name in enumerate(names)
        ]
    errors += [(name, MISSING) for name in quantities if name not in names]
    return [(name, error if np.isfinite(error) else None) for name, error in errors]


def compute_relative_error(actual: Array, expected: Array) -> float:
    """Compute the Euclidean norm of the difference over that of the expected array, in float64.

    Where the expected array is zero, any other one is an error of 1.
    """
    if actual.shape != expected.shape:
        return MISSING
    expected = expected.astype(np.float64)
    difference = float(np.linalg.norm(actual.astype(np.float64) - expected))
    norm = float(np.linalg.norm(expected))
    if difference == 0:
        return 0.0
    return difference / norm if norm > 0 else 1.0


def _file(folder: Path, stage: str) -> Path:
    return folder / (re.sub(r"[^a-z0-9]+", "-", stage) + ".npz")


if __name__ == "__main__":
    sys.exit(serve(run))
