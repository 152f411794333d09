"""What the host tells a worker and what the worker tells the host. Standard library only.

The host writes one `Job` as JSON to the worker's standard input. The worker
answers on a channel of its own, a file descriptor named on its command line,
with one JSON object a line, in this order:

    imported   seconds, framework_version, versions, resident_bytes
    inputs     seconds, digests
    built      seconds, parameters, resident_bytes
    first_step seconds
    block      steps, samples, seconds, warmup, losses (the first step is a block)
    epoch      train_loss, test_loss, test_accuracy, seconds, evaluation_seconds
    finished   memory

or `error` with a `reason` instead of what would have come next.
"""

import json
from dataclasses import asdict, dataclass

from bench.optimizer import Optimizer
from bench.spec import Samples

# The losses of this many first steps go into the record, to be compared by eye.
RECORDED_LOSSES = 10


@dataclass(frozen=True)
class Execution:
    """How a backend runs its model.

    Attributes:
        mode: one of the framework's modes, such as `eager` or `compiled`.
        precision: `ieee` is float32 without reduced-precision products; `float64` only verifies.
        device: `cpu` or `cuda`.
        threads: for the framework's own pool on the CPU.
    """

    mode: str
    precision: str
    device: str
    threads: int


@dataclass(frozen=True)
class Job:
    """Everything that a worker needs for one trial.

    Attributes:
        framework: name of the implementation.
        implementation: its folder.
        model, samples: rebuild the model's spec.
        warmup_steps: steps before blocks count as measured.
        block_seconds: how long a measured block should last at least.
        weights: an .npz of the canonical initial weights.
        order: an .npy of sample indices, (epochs, steps, batch size).
        layout: of images in the arrays, `NCHW` or `NHWC`; of no account for texts.
        arrays: paths of train_inputs, train_labels, test_inputs and test_labels as .npy.
        digests: what the worker has to find for weights, data and order in canonical form.
    """

    framework: str
    implementation: str
    model: str
    samples: Samples
    optimizer: Optimizer
    execution: Execution
    batch_size: int
    epochs: int
    warmup_steps: int
    block_seconds: float
    weights: str
    order: str
    layout: str
    arrays: dict[str, str]
    digests: dict[str, str]

    def to_json(self) -> str:
        """The job as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Job":
        """The job that `to_json` wrote."""
        document = json.loads(text)
        samples = document["samples"]
        document["samples"] = Samples(**{**samples, "shape": tuple(samples["shape"])})
        document["optimizer"] = Optimizer.from_document(document["optimizer"])
        document["execution"] = Execution(**document["execution"])
        return cls(**document)
