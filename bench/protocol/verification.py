"""What a verification compares, and what host and worker tell each other. Standard library only.

A cell is a model in one framework and mode. Its worker takes the same few
training steps as the reference, from the same bytes, and compares every
quantity with what the reference recorded, stage by stage in layer order. It
answers, on the channel of `bench.job`:

    imported   framework_version
    compared   precision, stage, errors ([item, error] in layer order; a null error is no number)
    finished   all that was asked for is compared

or `error` with a `reason`. A worker that finished takes the next job, if it is offered more.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.codec import Message
from bench.job import Knob
from bench.optimizer import Optimizer
from bench.spec import Samples

PRECISIONS = ("float64", "ieee")
STEPS = 10
# The learning rate changes after this many steps: where it stands inside the momentum buffer,
# that shows.
STEPS_BEFORE_CHANGE = 5
# A power of two: frameworks that keep 1 / N in float32 then lose nothing. Small: each value that
# goes through ReLU is one more that rounding may carry over its kink.
BATCH_SIZE = 4
LAST_BATCH_SIZE = 3
GRADIENT_BATCHES = 6

# Every constant is a short binary fraction, for the same reason: a framework may keep its
# optimizer's constants in float32 whatever the precision of the model. The learning rates are
# small, for a deep network of random weights amplifies rounding from step to step, and MXNet rounds
# the rate that Adam has corrected for bias. In float64 that hides nothing: the smallest step that
# is taken here changes the weights by ten thousand times the limit.
OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": Optimizer("sgd", 2**-12, momentum=0.875, weight_decay=2**-7),
    "adam": Optimizer(
        "adam", 2**-22, weight_decay=2**-7, beta1=0.875, beta2=1 - 2**-7, epsilon=2**-10
    ),
}
CHANGED_SHARE = 0.25  # of the first learning rate


@dataclass(frozen=True)
class Stage:
    """Quantities that are compared together.

    Attributes:
        name: for people; an item's name is `<name>: <item>`.
        group: under which the largest error is reported.
        limits: of the norm-relative error, by precision; a precision that is not there is not
            compared.
    """

    name: str
    group: str
    limits: Mapping[str, float]


EXACT_STEP = {"float64": 1e-9, "ieee": 1e-5}
TRAJECTORY = {"float64": 1e-9, "ieee": 1e-4}
# In float32, rounding carries one of a million values over ReLU's kink, or turns a near tie in max
# pooling: the gradient of that batch is off by up to a tenth, in any framework. The float32
# gradient is therefore compared on several batches, of which one has to be within its limit
# (`bench.host.verify.judgment`). What the optimizer gathers shows such a value undiluted.
GATHERED = {"float64": 1e-9}
FIRST_GRADIENT = "gradient"
GRADIENTS = (
    FIRST_GRADIENT,
    *(f"gradient of batch {number}" for number in range(2, GRADIENT_BATCHES + 1)),
)


def _list_training_stages(optimizer: str) -> list[Stage]:
    again = f"after loading again and 1 step of {optimizer}"
    last = f"after {STEPS} steps"
    rows = (
        (f"loss of step 1, {optimizer}", "losses", EXACT_STEP),
        (f"slots after 1 step of {optimizer}", "optimizer slots", GATHERED),
        (f"weights after 1 step of {optimizer}", "weights after 1 step", EXACT_STEP),
        (f"statistics after 1 step of {optimizer}", "running statistics", EXACT_STEP),
        (f"losses of steps 2 to {STEPS}, {optimizer}", "losses", TRAJECTORY),
        (f"slots {last} of {optimizer}", "optimizer slots", GATHERED),
        (f"weights {last} of {optimizer}", f"weights {last}", TRAJECTORY),
        (f"statistics {last} of {optimizer}", "running statistics", TRAJECTORY),
        (f"evaluation {last} of {optimizer}", "evaluation", TRAJECTORY),
        (f"evaluation after loading again, {optimizer}", "evaluation", EXACT_STEP),
        (f"slots {again}", "optimizer slots", GATHERED),
        (f"weights {again}", "weights after 1 step", EXACT_STEP),
        (f"statistics {again}", "running statistics", EXACT_STEP),
    )
    return [Stage(*row) for row in rows]


# By name, in the order in which a worker goes through them.
STAGES: dict[str, Stage] = {
    stage.name: stage
    for stage in (
        Stage("logits in evaluation mode", "logits", EXACT_STEP),
        Stage("evaluation of the initial weights", "evaluation", EXACT_STEP),
        Stage("logits in training mode", "logits", EXACT_STEP),
        *(Stage(name, "gradients", EXACT_STEP) for name in GRADIENTS),
        *(stage for optimizer in OPTIMIZERS for stage in _list_training_stages(optimizer)),
    )
}


def is_over_limit(error: float | None, limit: float) -> bool:
    """Tell whether a quantity differs; one whose error is no finite number does."""
    return error is None or not error <= limit


@dataclass(frozen=True)
class VerificationJob(Message):
    """Everything that a worker needs for one cell.

    Attributes:
        implementation: folder of the framework's implementation.
        model, samples: rebuild the model's spec; dropout is at rate 0.
        inputs: an .npz of `inputs` (STEPS, BATCH_SIZE, ...), `labels`, and the canonical arrays
            of the model as `array <name>`.
        knobs: of tuned settings, as in `bench.job.Execution`.
        precisions: out of PRECISIONS.
        record: a folder that gets every quantity, instead of comparing.
        reference: a folder of recorded quantities to compare with.
        as_far_as_recorded: skip what the folder lacks, for what was recorded may have failed; it
            is an error otherwise.
        stop_at_difference: end after the first stage with an error over its limit.
        unbiased_variance: for the reference alone: evaluate with running variances of divisor
            n - 1, as a framework does that keeps them so.
        deviations: for the reference alone: other conventions than the canonical ones.
        model_folder: of a model from outside; empty for our own.
        more: descriptor of a pipe from which further jobs come, one a line.
    """

    framework: str
    implementation: str
    model: str
    samples: Samples
    mode: str
    device: str
    threads: int
    layout: str
    inputs: str
    knobs: dict[str, Knob] = field(default_factory=dict)
    precisions: tuple[str, ...] = PRECISIONS
    optimizers: tuple[str, ...] = tuple(OPTIMIZERS)
    record: str | None = None
    reference: str | None = None
    as_far_as_recorded: bool = False
    stop_at_difference: bool = False
    unbiased_variance: bool = False
    deviations: dict[str, Any] = field(default_factory=dict)
    model_folder: str = ""
    more: int | None = None

    def to_json(self) -> str:
        """Return the job as JSON."""
        document = asdict(self)
        if self.more is None:
            # The worker of an older revision, which --against runs too, does not know of it.
            del document["more"]
        return json.dumps(document)
