"""What a difference is explained by."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bench.host.frameworks.framework import KnownDefect
from bench.host.verify.cells import Cell
from bench.host.verify.diagnosis import explain, list_usual_reasons
from bench.host.verify.judgment import Error
from bench.host.verify.suspicions import Suspicion, list_suspicions
from bench.host.verify.verifier import CellResult
from bench.models import MODELS
from bench.models.outside import read_models
from bench.protocol.verification import STAGES
from bench.spec import ModelSpec, Samples
from tests.conftest import ROOT
from tests.frameworks.cases import Deviations

SAMPLES = {
    "lenet": Samples((1, 32, 32), 10),
    "lenet-1998": Samples((1, 32, 32), 10),
    "alexnet-quarter": Samples((3, 32, 32), 10),
    "alexnet-lrn-quarter": Samples((3, 32, 32), 10),
    "resnet20-half": Samples((3, 32, 32), 10),
    "lstm": Samples((1, 28, 28), 10),
    "lstm-2": Samples((32,), 77, 1000),
}
LOGITS = "logits in evaluation mode"
DECAY = "statistics after 1 step of sgd"


def spec(model: str) -> ModelSpec:
    return MODELS[model].build(SAMPLES[model])


def fields(model: str, stage: str) -> set[str]:
    """The deviations that are suspected."""
    return {one.deviation for one in list_suspicions(spec(model), stage)}


@dataclass
class FakeVerifier:
    """Its reference gives a cell's numbers under one deviation, else the first error."""

    right: dict[str, Any] | None = None
    comparison: CellResult = field(default_factory=lambda: compared(1e-15))
    asked: list[tuple[dict[str, Any], tuple[str, ...]]] = field(default_factory=list)

    def save_quantities(self, cell: Cell) -> Path:
        return Path("/recorded")

    def compare_reference(
        self, cell: Cell, recorded: Path, deviations: dict[str, Any], optimizers: tuple[str, ...]
    ) -> CellResult:
        self.asked.append((deviations, optimizers))
        return self.comparison if deviations == self.right else compared(0.5)


def compared(error: float, stage: str = LOGITS, failure: str | None = None) -> CellResult:
    return CellResult((Error("float64", stage, "", error),), "1.0", failure)


def explained(verifier: FakeVerifier, cell: Cell, stage: str = LOGITS, error: float = 0.5) -> str:
    return explain(verifier, cell, Error("float64", stage, "", error))  # type: ignore[arg-type]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("model", SAMPLES)
def test_every_suspicion_is_a_deviation_of_the_reference(model: str, stage: str) -> None:
    for one in list_suspicions(spec(model), stage):
        assert Deviations(**{one.deviation: one.value}) != Deviations()
        assert one.deviation != "forgotten" or one.value in one.words


@pytest.mark.parametrize("model", SAMPLES)
def test_every_suspicion_shows_in_some_stage_and_is_told_from_the_others(model: str) -> None:
    everywhere = [one for stage in STAGES for one in list_suspicions(spec(model), stage)]
    distinct: list[Suspicion] = []
    for one in everywhere:
        if one not in distinct:
            distinct.append(one)
    assert len({one.words for one in distinct}) == len(distinct)
    assert all(not one.words.endswith(".") for one in distinct)


@pytest.mark.parametrize(
    ("model", "stage", "expected"),
    [
        ("lenet", LOGITS, {"flatten_order", "pooling", "forgotten"}),
        ("alexnet-quarter", LOGITS, {"asymmetric_padding", "flatten_order", "forgotten"}),
        (
            "alexnet-lrn-quarter",
            LOGITS,
            {"asymmetric_padding", "flatten_order", "response_alpha_is_mean", "forgotten"},
        ),
        ("resnet20-half", LOGITS, {"normalization_epsilon", "asymmetric_padding", "forgotten"}),
        ("resnet20-half", DECAY, {"normalization_decay", "unbiased_variance"}),
        ("lstm", LOGITS, {"forget_bias", "gate_order", "forgotten"}),
        (
            "lstm-2",
            "losses of steps 2 to 10, sgd",
            {"second_bias", "learning_rate_inside_momentum"},
        ),
        ("lstm-2", "losses of steps 2 to 10, adam", {"second_bias"}),
        ("lenet", "gradient", {"summed_gradient"}),
        (
            "lenet",
            "slots after 1 step of adam",
            {"decay_everything", "no_weight_decay", "decoupled_weight_decay"},
        ),
        ("lenet", "weights after 1 step of sgd", {"nesterov"}),
        ("lenet", "weights after 1 step of adam", {"epsilon_uncorrected", "adam_epsilon"}),
        ("lenet", "evaluation of the initial weights", set()),
        ("lenet", "loss of step 1, sgd", set()),
        ("lenet", "evaluation after loading again, sgd", set()),
    ],
)
def test_only_what_could_first_show_there_is_suspected(
    model: str, stage: str, expected: set[str]
) -> None:
    assert fields(model, stage) == expected


def test_the_other_pooling_is_suspected() -> None:
    for model, other in (("lenet", "average"), ("lenet-1998", "max")):
        suspicions = list_suspicions(spec(model), LOGITS)
        poolings = [one.value for one in suspicions if one.deviation == "pooling"]
        assert [pooling for pooling in poolings if pooling] == [other]


def test_the_usual_order_of_gates_is_tried_first_and_no_order_twice() -> None:
    found = list_suspicions(spec("lstm"), LOGITS)
    orders = [one.value for one in found if one.deviation == "gate_order"]
    assert orders[0] == "ifog"
    assert len(set(orders)) == 23
    assert "ifgo" not in orders


def test_a_deviation_that_gives_the_same_numbers_is_named(alpha: Cell) -> None:
    found = explained(FakeVerifier({"forgotten": "dense2.bias"}), alpha)
    assert found == (
        "With one deviation the reference gives the same numbers: dense2.bias is not used."
    )


def test_nothing_is_tried_behind_the_first_that_fits(alpha: Cell) -> None:
    verifier = FakeVerifier({"flatten_order": "HWC"})
    explained(verifier, alpha)
    assert verifier.asked == [({"flatten_order": "HWC"}, ("sgd", "adam"))]


@pytest.mark.parametrize(
    "comparison",
    [
        compared(1e-15, failure="It was killed."),
        compared(1e-15, "gradient"),  # what differs was not compared
        CellResult((), None, None),
    ],
)
def test_what_was_not_compared_proves_nothing(alpha: Cell, comparison: CellResult) -> None:
    found = explained(FakeVerifier({"flatten_order": "HWC"}, comparison), alpha)
    assert found.startswith("Usual reasons: the order in which feature maps are flattened")


def test_a_known_defect_is_no_objection(alpha: Cell) -> None:
    known = KnownDefect("wrong", ("lenet",), "float64", ("gradient: conv1.weight",), 1e-3)
    cell = replace(alpha, framework=replace(alpha.framework, known_defects=(known,)))
    errors = (
        Error("float64", LOGITS, "", 1e-15),
        Error("float64", "gradient", "conv1.weight", 1e-4),
    )
    verifier = FakeVerifier({"flatten_order": "HWC"}, CellResult(errors, None, None))
    assert explained(verifier, cell).startswith("With one deviation")
    verifier.asked.clear()
    assert explained(verifier, alpha).startswith("Usual reasons")


def test_a_mistake_in_adam_alone_is_found(alpha: Cell) -> None:
    stage = "weights after 1 step of adam"
    verifier = FakeVerifier({"epsilon_uncorrected": True}, compared(1e-15, stage))
    assert "uncorrected root" in explained(verifier, alpha, stage)
    assert verifier.asked == [({"epsilon_uncorrected": True}, ("adam",))]


def test_float32_is_not_explained_by_deviations(alpha: Cell) -> None:
    verifier = FakeVerifier({"flatten_order": "HWC"})
    found = explain(verifier, alpha, Error("ieee", LOGITS, "", 1e-3))  # type: ignore[arg-type]
    assert verifier.asked == []
    assert found.startswith("Usual reasons: float64 is the same")
    assert "TF32" in found


def test_an_error_of_the_size_of_float32s_is_said(alpha: Cell) -> None:
    verifier = FakeVerifier()
    assert "an error of this size is one of float32" in explained(verifier, alpha, error=3e-8)
    assert "float32" not in explained(verifier, alpha, error=3e-3)


@pytest.mark.parametrize("model", SAMPLES)
@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_usual_reasons(model: str, stage: str) -> None:
    reasons = list_usual_reasons(spec(model), Error("float64", stage, "", 0.5))
    assert reasons
    assert not reasons.endswith(".")


@pytest.mark.parametrize(
    ("family", "reason", "other"),
    [("vgg", "padding", "gates"), ("gru", "order of the gates", "pooling")],
)
def test_a_model_from_outside_has_reasons_by_what_it_has(
    family: str, reason: str, other: str
) -> None:
    models = read_models(ROOT / "tests" / "models" / family)
    samples = Samples((3, 32, 32), 10) if family == "vgg" else SAMPLES["lstm"]
    from_outside = next(iter(models.values())).build(samples)
    reasons = list_usual_reasons(from_outside, Error("float64", LOGITS, "", 0.5))
    assert reason in reasons
    assert other not in reasons


def test_reasons_are_those_of_the_stage() -> None:
    resnet = spec("resnet20-half")
    for stage, words in {
        LOGITS: "batch normalization's epsilon",
        "logits in training mode": "batch statistics",
        "evaluation of the initial weights": "labels counted wrongly",
        "gradient": "backward pass",
        "gradient of batch 2": "not zeroed",
        "loss of step 1, sgd": "a mean instead of a sum",
        "slots after 1 step of sgd": "a parameter that the optimizer skips",
        "weights after 1 step of adam": "Adam's epsilon",
        DECAY: "divisor n - 1",
        "losses of steps 2 to 10, sgd": "batches out of order",
        "slots after 10 steps of sgd": "across a change",
        "evaluation after 10 steps of sgd": "running statistics",
        "evaluation after loading again, adam": "old weights",
        "weights after loading again and 1 step of adam": "count of steps",
    }.items():
        assert words in list_usual_reasons(resnet, Error("float64", stage, "", 0.5)), stage


def test_stages_are_in_the_order_of_a_training_step() -> None:
    names: Sequence[str] = list(STAGES)
    wanted = [LOGITS, "gradient", "slots after 1 step of sgd", "weights after 1 step of sgd"]
    places = [names.index(name) for name in wanted]
    assert all(before < after for before, after in pairwise(places))
