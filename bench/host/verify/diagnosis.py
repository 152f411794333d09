"""Explains why a cell differs: by a wrong convention under which the reference gives its numbers.

Where none does, it names the conventions that usually explain a difference of that kind.
"""

from fnmatch import fnmatchcase
from pathlib import Path

from bench.host.verify.cells import Cell
from bench.host.verify.judgment import Error, judge
from bench.host.verify.suspicions import Suspicion, find_optimizer, list_suspicions
from bench.host.verify.verifier import Verifier, select_known_defects
from bench.protocol.verification import OPTIMIZERS, STEPS
from bench.spec import ModelSpec

# In float64, an error of this size is one of float32.
SINGLE_PRECISION = 1e-5


def explain(verifier: Verifier, cell: Cell, first: Error) -> str:
    """Explain the first quantity that differs, in a sentence."""
    suspicion = _find_deviation(verifier, cell, first) if first.precision == "float64" else None
    if suspicion is not None:
        return f"With one deviation the reference gives the same numbers: {suspicion.words}."
    return f"Usual reasons: {list_usual_reasons(cell.spec, first)}."


def _find_deviation(verifier: Verifier, cell: Cell, first: Error) -> Suspicion | None:
    candidates = list_suspicions(cell.spec, first.stage)
    if not candidates:
        return None
    recorded = verifier.save_quantities(cell)
    for suspicion in candidates:
        if _explains(verifier, cell, first, recorded, suspicion):
            return suspicion
    return None


def _explains(
    verifier: Verifier, cell: Cell, first: Error, recorded: Path, suspicion: Suspicion
) -> bool:
    """Whether the reference with that mistake gives all that the cell gave, as far as it got."""
    deviations = {suspicion.deviation: suspicion.value}
    result = verifier.compare_reference(cell, recorded, deviations, _optimizers_from(first.stage))
    if result.failure is not None or all(error.stage != first.stage for error in result.errors):
        return False
    return not judge(result.errors, select_known_defects(cell), cell.model).different


def _optimizers_from(stage: str) -> tuple[str, ...]:
    """Those that are not known to be right: the mistake may be made in one rule alone."""
    names = tuple(OPTIMIZERS)
    optimizer = find_optimizer(stage)
    return names if optimizer is None else names[names.index(optimizer) :]


# By a pattern of a stage's name, of which the first that fits counts.
REASONS = {
    "*after loading again*": "load leaves something as it was: a copy or a compiled graph with the "
    "old weights, what the optimizer has gathered, its count of steps",
    "logits in training mode": "in evaluation mode logits are the same: batch statistics, dropout "
    "that is not 0",
    "logits*": "padding, layout, a missing bias, a different layer",
    "gradient of batch*": "what an earlier batch left: its gradient is not zeroed, as of a "
    "parameter that the optimizer skips",
    "gradient": "a layer's backward pass, a mean instead of a sum of the batch or twice the mean",
    "loss of step 1*": "a mean instead of a sum crosses the contract, a batch other than the given "
    "one",
    "losses of steps*": "batches out of order (shuffled, repeated or late), a second trained bias, "
    "an update that is not applied, losses that show a later step's, the learning rate inside the "
    "momentum buffer across a change",
    "evaluation*": "a mean instead of a sum crosses the contract, labels counted wrongly, weights "
    "or running statistics other than those that training left",
    "statistics*": "batch normalization's decay, or its running variance with the divisor n - 1 or "
    "n",
    f"*after {STEPS} steps*": "the learning rate inside the momentum buffer across a change, a "
    "schedule's step",
    "slots*": "a parameter that the optimizer skips, weight decay (coupled or decoupled, on biases "
    "and batch normalization or not), a sum instead of a mean of the batch in the gradient",
    "*": "momentum (Nesterov's or not), Adam's epsilon and corrections, an update not applied",
}


def list_usual_reasons(spec: ModelSpec, first: Error) -> str:
    """List the conventions that usually explain a first difference in that stage."""
    if first.precision == "ieee":
        return (
            "float64 is the same, so it is no rule but the arithmetic of float32: TF32, bfloat16 "
            "or float16 in a part of the computation, a constant of less precision"
        )
    pattern = next(pattern for pattern in REASONS if fnmatchcase(first.stage, pattern))
    reasons = REASONS[pattern]
    if pattern == "logits*":
        reasons = ", ".join(_list_forward_reasons(spec)) or reasons
    if first.limit < first.size < SINGLE_PRECISION:
        return (
            "an error of this size is one of float32: a cast, a constant or an array without its "
            f"dtype in a model of float64; else {reasons}"
        )
    return reasons


def _list_forward_reasons(spec: ModelSpec) -> list[str]:
    """List what usually explains other logits, of that which the model has."""
    parameters = spec.parameters()
    kinds = {param.kind for param in parameters}
    recurrent = "recurrent kernel" in kinds
    looked_for = {
        "the order in which feature maps are flattened": any(p.flattened for p in parameters),
        "kind of pooling": hasattr(spec, "pooling"),
        "batch normalization's epsilon": spec.statistics(),
        "evaluation with the statistics of the batch": spec.statistics(),
        "padding (above all at stride 2)": "convolution kernel" in kinds,
        "alpha of the local response normalization": getattr(spec, "normalization", None),
        "shortcut, order of layers": hasattr(spec, "shortcut"),
        "order of the gates, direction of the sequence, masked padding": "recurrent kernel"
        in kinds,
        "forget gate's bias": any(p.initializer == "forget gate ones" for p in parameters),
        "a second bias": recurrent,
        "a bias": "bias" in kinds,
    }
    return [reason for reason, is_there in looked_for.items() if is_there]
