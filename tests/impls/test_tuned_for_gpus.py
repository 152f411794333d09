"""Settings for GPUs take the same steps: verified on a processor, as far as it has them.

cuDNN, CUDA graphs and its search for algorithms are not there; layouts, optimizers and the way in
which weights are packed are.
"""

from dataclasses import replace

import pytest

from bench.host.frameworks.framework import Framework, discover
from bench.host.frameworks.setup import TUNED
from bench.host.verify.cells import choose_cells
from bench.host.verify.judgment import judge
from bench.host.verify.verifier import Verifier, select_known_defects
from tests.impls.conftest import Environments, find_environment


def for_a_processor(framework: Framework) -> Framework:
    """The framework with what is tuned for GPUs in place of what is for processors."""
    tuned = (
        replace(tuning, devices=("cpu",)) for tuning in framework.tuned if "cuda" in tuning.devices
    )
    return replace(framework, tuned=tuple(tuned))


@pytest.mark.parametrize(
    ("name", "model", "mode"),
    [
        ("jax", "lstm", "compiled"),
        ("jax", "lstm-2", "compiled"),
        ("pytorch", "lenet", "eager"),
        ("pytorch", "resnet20-half", "eager"),
        ("pytorch", "lstm", "compiled"),
    ],
)
def test_it_takes_the_references_steps(
    name: str, model: str, mode: str, verifier: Verifier, environments: Environments
) -> None:
    find_environment(environments, name)
    framework = for_a_processor(discover()[name])
    (cell,) = choose_cells({name: framework}, [model], [mode], "cpu", [TUNED])
    assert cell.set_up(1).tuning
    result = verifier.compare(cell)
    assert result.failure is None, result.log
    assert {error.precision for error in result.errors} == {"float64", "ieee"}
    judgment = judge(result.errors, select_known_defects(cell), cell.model)
    assert not judgment.different, judgment.different[:3]
