"""Explains why a cell differs: by a wrong convention under which the reference gives its numbers.

Where none does, it names the conventions that usually explain a difference of that kind.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from bench.host.verify.cells import Cell
from bench.host.verify.judgement import Error
from bench.host.verify.verifier import Verifier
from bench.spec import ModelSpec
from bench.verification import STEPS

FORWARD = (
    "logits in evaluation mode",
    "evaluation of the initial weights",
    "logits in training mode",
)
GATES = "ifgo"


@dataclass(frozen=True)
class Suspicion:
    """A wrong convention: fields of the reference's `Deviations`, and what it is in words."""

    deviations: dict[str, Any]
    words: str


def explain(verifier: Verifier, cell: Cell, first: Error) -> str:
    """A sentence on the first quantity that differs."""
    if first.precision == "float64" and (found := _find(verifier, cell, first)) is not None:
        return f"With one deviation the reference gives the same numbers: {found.words}."
    return f"Usual reasons: {usual_reasons(cell.spec.family, first)}."


def _find(verifier: Verifier, cell: Cell, first: Error) -> Suspicion | None:
    recorded = verifier.record(cell)
    if recorded is None:
        return None
    for suspicion in suspicions(cell.spec, first.stage):
        compared = verifier.compare_reference(cell, recorded, suspicion.deviations)
        if compared.failure is None and not any(error.is_over for error in compared.errors):
            return suspicion
    return None


def suspicions(spec: ModelSpec, stage: str) -> Iterator[Suspicion]:
    """The wrong conventions that could first show in that stage, the usual ones first."""
    if stage in FORWARD:
        yield from _of_the_forward_pass(spec)
    else:
        yield from _of_training(spec)


def _of_the_forward_pass(spec: ModelSpec) -> Iterator[Suspicion]:
    if spec.statistics():
        for epsilon in (1e-3, 1e-4, 1e-6):
            yield Suspicion(
                {"normalization_epsilon": epsilon}, f"batch normalization's epsilon is {epsilon:g}"
            )
        yield Suspicion(
            {"asymmetric_padding": True},
            "convolutions of stride 2 pad as `same` does in TensorFlow, more behind than in front",
        )
    if any(param.flattened for param in spec.parameters()):
        yield Suspicion(
            {"flatten_order": "HWC"},
            "feature maps are flattened in the order height, width, channels, and the dense "
            "kernel behind is not permuted",
        )
    if spec.family == "lenet":
        for pooling in ("max", "average"):
            yield Suspicion({"pooling": pooling}, f"pooling takes the {pooling} of each window")
    if getattr(spec, "normalization", None):
        yield Suspicion(
            {"response_alpha_is_mean": True},
            "local response normalization divides alpha by the size of its window",
        )
    if spec.family == "lstm":
        yield from _of_gates()
    for param in spec.parameters():
        if param.kind in ("bias", "shift"):
            yield Suspicion({"forgotten": param.name}, f"{param.name} is not used")


def _of_gates() -> Iterator[Suspicion]:
    yield Suspicion({"forget_bias": 1.0}, "1 is added to the forget gate at run time")
    for order in permutations(GATES):
        if order != tuple(GATES):
            named = ", ".join(order)
            yield Suspicion(
                {"gate_order": "".join(order)}, f"the LSTM's gates are in the order {named}"
            )


def _of_training(spec: ModelSpec) -> Iterator[Suspicion]:
    if spec.statistics():
        for decay in (0.99, 0.1, 0.999):
            yield Suspicion(
                {"normalization_decay": decay},
                f"batch normalization's decay of running statistics is {decay:g}",
            )
        yield Suspicion(
            {"unbiased_variance": True},
            "batch normalization's running variance has the divisor n - 1 and is not converted at "
            "export",
        )
    if spec.family == "lstm":
        yield Suspicion(
            {"second_bias": True}, "a second bias of the LSTM is trained beside the first"
        )
    rules: tuple[tuple[dict[str, Any], str], ...] = (
        ({"summed_gradient": True}, "the gradient is of the sum of the batch, not of its mean"),
        (
            {"learning_rate_inside_momentum": True},
            "the learning rate is inside the momentum buffer and stays there when it changes",
        ),
        ({"nesterov": True}, "momentum looks ahead (Nesterov)"),
        ({"decay_everything": True}, "weight decay reaches biases and batch normalization"),
        ({"no_weight_decay": True}, "there is no weight decay"),
        ({"decoupled_weight_decay": True}, "weight decay is decoupled from the gradient"),
        ({"epsilon_uncorrected": True}, "Adam's epsilon stands beside the uncorrected root"),
        *(({"adam_epsilon": e}, f"Adam's epsilon is {e:g}") for e in (1e-7, 1e-8, 1e-3)),
    )
    for deviations, words in rules:
        yield Suspicion(deviations, words)


FORWARD_REASONS = {
    "lenet": "the order in which feature maps are flattened, kind of pooling, padding, a bias",
    "alexnet": "the order in which feature maps are flattened, padding at stride 2, alpha of the "
    "local response normalization, a bias",
    "resnet": "batch normalization's epsilon, padding at stride 2, shortcut, order of layers",
    "lstm": "order of the gates, forget gate's bias, a second bias, direction of the sequence",
}


def usual_reasons(family: str, first: Error) -> str:
    """The conventions that usually explain a first difference in that stage."""
    stage = first.stage
    if stage in ("logits in evaluation mode", "logits in training mode"):
        return FORWARD_REASONS.get(family, "padding, layout, a missing bias, a different layer")
    if stage == "gradient":
        return "a layer's backward pass, a mean instead of a sum of the batch or twice the mean"
    if stage.startswith("loss of step 1"):
        return "a mean instead of a sum crosses the contract"
    if stage.startswith("losses of steps"):
        return (
            "batches out of order (shuffled, repeated or late), a second trained bias, "
            "an update that is not applied"
        )
    if stage.startswith("evaluation after loading again"):
        return "stale weights after load: a copy or a compiled graph keeps the old ones"
    if stage.startswith("evaluation"):
        return "a mean instead of a sum crosses the contract, labels counted wrongly"
    if stage.startswith("statistics"):
        return "batch normalization's decay, or its running variance with the divisor n - 1 or n"
    if f"after {STEPS} steps" in stage:
        return "the learning rate inside the momentum buffer across a change, a schedule's step"
    return (
        "weight decay (coupled or decoupled, on biases and batch normalization or not), "
        "momentum, Adam's epsilon, a mean instead of a sum in the gradient"
    )
