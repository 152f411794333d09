from dataclasses import replace

import pytest

from bench.errors import PlanError
from bench.host.frameworks.framework import discover
from bench.host.verify.cells import choose_cells
from bench.models import MODELS

FRAMEWORKS = discover()


def test_by_default_every_family_is_verified_in_every_framework_and_mode() -> None:
    cells = choose_cells(FRAMEWORKS, (), (), "cpu")
    families = {model.family for model in MODELS.values()}
    found = {(cell.framework.name, cell.spec.family, cell.mode) for cell in cells}
    for name, framework in FRAMEWORKS.items():
        assert all(framework.has_model(model) for model in MODELS.values())
        for mode in framework.modes:
            assert {(name, family, mode) for family in families} <= found


def test_models_and_modes_narrow_the_cells() -> None:
    cells = choose_cells({"pytorch": FRAMEWORKS["pytorch"]}, ("lenet",), ("eager",), "cpu")
    (cell,) = cells
    assert (cell.model, cell.dataset, cell.mode) == ("lenet", "mnist", "eager")
    assert cell.title == "lenet (mnist) in PyTorch, eager"


def test_a_plans_variables_are_verified_by_themselves_and_named() -> None:
    (cell,) = choose_cells({"pytorch": FRAMEWORKS["pytorch"]}, ("lenet",), ("eager",), "cpu")
    own = replace(cell, variables="TORCHINDUCTOR_FREEZING=1")
    assert own.title == "lenet (mnist) in PyTorch, eager, TORCHINDUCTOR_FREEZING=1"
    assert own.key != cell.key
    assert own.set_up(2).environment["TORCHINDUCTOR_FREEZING"] == "1"


def test_a_model_without_a_usual_data_set_takes_the_first_that_fits() -> None:
    (cell,) = choose_cells({"mxnet": FRAMEWORKS["mxnet"]}, ("resnet18",), ("eager",), "cpu")
    assert cell.samples.shape == (3, 32, 32)


def test_dropout_is_at_rate_zero() -> None:
    (cell,) = choose_cells({"mxnet": FRAMEWORKS["mxnet"]}, ("alexnet",), ("eager",), "cpu")
    assert cell.spec.dropout == 0  # type: ignore[attr-defined]
    assert MODELS["alexnet"].build(cell.samples).dropout == 0.5  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("models", "modes", "words"),
    [
        (("lenet5",), (), "There is no model 'lenet5'; expected names out of alexnet"),
        ((), ("fast",), "There is no mode 'fast'; expected names out of eager, compiled"),
    ],
)
def test_an_unknown_name_is_refused(
    models: tuple[str, ...], modes: tuple[str, ...], words: str
) -> None:
    with pytest.raises(PlanError, match=words):
        choose_cells(FRAMEWORKS, models, modes, "cpu")


def test_every_model_fits_the_data_set_that_it_is_verified_on() -> None:
    models = [model.name for model in MODELS.values() if model.verified_on]
    assert len(choose_cells(FRAMEWORKS, models, (), "cpu")) > 0
