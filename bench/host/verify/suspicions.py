"""Wrong conventions that the reference can follow, each with the stage in which it first shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from bench.protocol.verification import OPTIMIZERS, STEPS
from bench.spec import GATES, ModelSpec

LOGITS = "logits in evaluation mode"
FIRST_SLOTS = "slots after 1 step of"
FIRST_WEIGHTS = "weights after 1 step of"
FIRST_STATISTICS = "statistics after 1 step of"
LATER_LOSSES = f"losses of steps 2 to {STEPS},"
ORDER = "ifgo"
# As many say them.
GATE_NAMES = {"i": "input", "f": "forget", "g": "cell", "o": "output"}


@dataclass(frozen=True)
class Suspicion:
    """A wrong convention.

    Attributes:
        deviation, value: field of the reference's `Deviations`, and what it is.
        shows: beginning of the name of the first stage that it changes.
        optimizer: under which it shows; None for any.
    """

    deviation: str
    words: str
    shows: str = LOGITS
    optimizer: str | None = None
    value: Any = True


def list_suspicions(spec: ModelSpec, stage: str) -> list[Suspicion]:
    """List the wrong conventions that could first show in that stage, the usual ones first."""
    return [
        suspicion
        for suspicion in _list_all(spec)
        if stage.startswith(suspicion.shows)
        and suspicion.optimizer in (None, find_optimizer(stage))
    ]


def find_optimizer(stage: str) -> str | None:
    """Find the optimizer whose steps a stage looks at; None before any step."""
    last = stage.rsplit(" ", 1)[-1]
    return last if last in OPTIMIZERS else None


def _list_all(spec: ModelSpec) -> Iterator[Suspicion]:
    if spec.statistics():
        yield from _of_normalization()
    yield from _of_layers(spec)
    recurrent = [param.shape for param in spec.parameters() if param.kind == "recurrent kernel"]
    if any(rows == GATES * units for rows, units in recurrent):
        yield from _of_gates()
    yield from _of_forgotten_parameters(spec)
    yield from (Suspicion(*row) for row in RULES)


def _of_normalization() -> Iterator[Suspicion]:
    for epsilon in (1e-3, 1e-4, 1e-6):
        words = f"batch normalization's epsilon is {epsilon:g}"
        yield Suspicion("normalization_epsilon", words, value=epsilon)
    for decay in (0.99, 0.1, 0.999):
        words = f"batch normalization's decay of running statistics is {decay:g}"
        yield Suspicion("normalization_decay", words, FIRST_STATISTICS, value=decay)
    words = "batch normalization's running statistics are not updated"
    yield Suspicion("normalization_decay", words, FIRST_STATISTICS, value=1.0)
    words = "batch normalization's running variance has the divisor n - 1 and is not converted at "
    yield Suspicion("unbiased_variance", f"{words}export", FIRST_STATISTICS)


def _of_layers(spec: ModelSpec) -> Iterator[Suspicion]:
    if spec.family in ("alexnet", "resnet"):
        yield Suspicion(
            "asymmetric_padding",
            "convolutions of stride 2 pad as `same` does in TensorFlow, more behind than in front",
        )
    if any(param.flattened for param in spec.parameters()):
        words = "feature maps are flattened in the order height, width, channels, and the dense "
        yield Suspicion("flatten_order", f"{words}kernel behind is not permuted", value="HWC")
    if pooling := getattr(spec, "pooling", None):
        other = "average" if pooling == "max" else "max"
        yield Suspicion("pooling", f"pooling takes the {other} of each window", value=other)
    if getattr(spec, "normalization", None):
        words = "local response normalization divides alpha by the size of its window"
        yield Suspicion("response_alpha_is_mean", words)


def _of_gates() -> Iterator[Suspicion]:
    words = "1 is added to the LSTM's forget gate at run time"
    yield Suspicion("forget_bias", words, value=1.0)
    for order in permutations(ORDER):
        if order != tuple(ORDER):
            words = ", ".join(GATE_NAMES[gate] for gate in order)
            yield Suspicion(
                "gate_order", f"the LSTM's gates are in the order {words}", value="".join(order)
            )
    words = "a second bias of the LSTM is trained beside the first"
    yield Suspicion("second_bias", words, LATER_LOSSES)


def _of_forgotten_parameters(spec: ModelSpec) -> Iterator[Suspicion]:
    for param in spec.parameters():
        if param.kind in ("bias", "shift"):
            yield Suspicion("forgotten", f"{param.name} is not used", value=param.name)


# Rows of `Suspicion`, of every model.
RULES: tuple[tuple[Any, ...], ...] = (
    ("summed_gradient", "the gradient is of the sum of the batch, not of its mean", "gradient"),
    ("decay_everything", "weight decay reaches biases and batch normalization", FIRST_SLOTS),
    ("no_weight_decay", "there is no weight decay", FIRST_SLOTS),
    ("decoupled_weight_decay", "weight decay is decoupled from the gradient", FIRST_SLOTS),
    ("nesterov", "momentum looks ahead (Nesterov)", FIRST_WEIGHTS, "sgd"),
    (
        "learning_rate_inside_momentum",
        "the learning rate is inside the momentum buffer and stays there when it changes",
        *(LATER_LOSSES, "sgd"),
    ),
    (
        "epsilon_uncorrected",
        "Adam's epsilon stands beside the uncorrected root",
        *(FIRST_WEIGHTS, "adam"),
    ),
    *(
        ("adam_epsilon", f"Adam's epsilon is {epsilon:g}", FIRST_WEIGHTS, "adam", epsilon)
        for epsilon in (1e-7, 1e-8, 1e-3)
    ),
)
