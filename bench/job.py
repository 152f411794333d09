"""What the host tells a worker and what the worker tells the host. Standard library only.

The host writes one `Job` as JSON to the worker's standard input. The worker
answers on a channel of its own, a file descriptor named on its command line,
with one JSON object a line, in this order:

    imported   seconds, framework_version, versions, memory
    inputs     seconds, digests
    built      seconds, parameters, memory
    waiting    processor_seconds (so far; where it has a gate, it waits there until it may train)
    begun      waited
    first_step seconds
    block      steps, samples, seconds, device_seconds, pending_seconds, warmup, losses
               (the first step is a block)
    epoch      number, train_loss, test_loss, test_accuracy, seconds, evaluation_seconds
    turn       waited (after a block, where two workers take turns: the next one begins now)
    finished   memory, absent

or `error` with a `reason`, and whether it was `out_of_memory` or has `diverged`, instead of what
would have come next.

`memory` holds bytes by name, `absent` the reason why a quantity is not known by its name.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field

from bench.codec import Message
from bench.errors import WorkerError
from bench.optimizer import Optimizer
from bench.spec import Samples

# The layout and the input that a framework brings itself, the input that the host has prepared, and
# the same input once it is where the framework computes.
NATIVE = "native"
PREPARED = "prepared"
ON_DEVICE = "device"

Knob = bool | int | float | str
# The losses of this many first steps go into the record, to be compared by eye.
RECORDED_LOSSES = 10


@dataclass(frozen=True)
class Execution:
    """How a backend runs its model.

    Attributes:
        mode: one of the framework's modes, such as `eager` or `compiled`.
        precision: `ieee` is float32 without reduced-precision products, `tf32` lets products round
            their factors to 10 bits, `bf16` is mixed precision with bfloat16 by the framework's
            own means; `float64` only verifies.
        device: `cpu` or `cuda`.
        threads: for the framework's own pool on the CPU.
        layout: in which images are computed and handed over, `NCHW` or `NHWC`.
        knobs: of the tuned settings in framework.toml, those that are no environment variable.
    """

    mode: str
    precision: str
    device: str
    threads: int
    layout: str = "NCHW"
    knobs: Mapping[str, Knob] = field(default_factory=dict)

    def check_knobs(self, names: Collection[str]) -> None:
        """Refuse a knob that an implementation does not have.

        Raises:
            WorkerError: there is one.
        """
        for name in self.knobs:
            if name not in names:
                raise WorkerError(
                    f"There is no knob {name!r}; expected names out of "
                    f"{', '.join(names) or 'none at all'}; correct [tuned.knobs] in framework.toml."
                )

    def check_product(self, framework: str, has_tf32: bool, has_bf16: bool) -> None:
        """Refuse a precision in which a framework multiplies no matrices on this device.

        Raises:
            WorkerError: it has not the execution's.
        """
        if not {"ieee": True, "tf32": has_tf32, "bf16": has_bf16}.get(self.precision, False):
            raise WorkerError(
                f"{framework} has no matrix product in {self.precision!r} on this {self.device} "
                "device; expected ieee, bf16, or tf32 on a GPU that has it."
            )


@dataclass(frozen=True)
class Turns:
    """How a worker takes turns with another one, block by block.

    Attributes:
        reads, writes: descriptors of pipes: a byte that comes gives the turn, one that goes passes
            it on.
        first: whether it begins.
    """

    reads: int
    writes: int
    first: bool


@dataclass(frozen=True)
class Job(Message):
    """Everything that a worker needs for one trial.

    Attributes:
        framework: name of the implementation.
        implementation: its folder.
        model, samples: rebuild the model's spec.
        evaluate_every: epochs from one evaluation on the test data to the next.
        block_seconds: how long a measured block should last at least.
        input: `prepared` for gathered arrays, `device` for arrays that are on the device before the
            clock starts, `native` for the framework's own loader.
        weights: an .npz of the canonical initial weights.
        order: an .npy of sample indices, (epochs, steps, batch size).
        arrays: paths of train_inputs, train_labels, test_inputs and test_labels as .npy.
        digests: what the worker has to find for weights, data and order in canonical form.
        turns: None for a worker that takes turns with no other.
        gate: descriptor of a pipe: a byte that comes lets the training begin; None where that may
            begin as soon as all is built.
        model_folder: of a model from outside; empty for our own.
    """

    framework: str
    implementation: str
    model: str
    samples: Samples
    optimizer: Optimizer
    execution: Execution
    batch_size: int
    epochs: int
    evaluate_every: int
    block_seconds: float
    input: str
    weights: str
    order: str
    arrays: dict[str, str]
    digests: dict[str, str]
    turns: Turns | None = None
    gate: int | None = None
    model_folder: str = ""

    def to_json(self) -> str:
        """Return the job as JSON."""
        document = asdict(self)
        # The worker of an older revision, which --against runs too, does not know of these.
        for name, default in (("gate", None), ("model_folder", "")):
            if document[name] == default:
                del document[name]
        return json.dumps(document)
