"""Which models are built to take the steps of a verification."""

from typing import Any

import numpy as np
import pytest

from bench.job import Execution
from bench.optimizer import Optimizer
from bench.worker.quantities import Data, measure
from tests.frameworks.cases import CASES, EXECUTION, Backend, case

SPEC = CASES["lenet"]


class Counted(Backend):  # type: ignore[misc]
    """Tells how many models were built."""

    built = 0

    def __init__(self, spec: Any, optimizer: Optimizer, execution: Execution) -> None:
        type(self).built += 1
        super().__init__(spec, optimizer, execution)


class Reusable(Counted):
    """Changes its optimizer."""

    built = 0

    def set_optimizer(self, optimizer: Optimizer) -> None:
        self.optimizer = Backend(SPEC, optimizer, EXECUTION).optimizer
        self.optimizer.parameters = self.model.parameters


@pytest.mark.parametrize(
    ("backend", "anew", "built"), [(Counted, False, 2), (Reusable, False, 1), (Reusable, True, 2)]
)
def test_a_model_outlives_its_optimizer_where_it_can(
    backend: type[Counted], anew: bool, built: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    this = case("lenet")
    data = Data(np.stack([this.inputs[:4]] * 10), np.stack([this.labels[:4]] * 10), this.arrays)

    def record(cls: type, anew: bool) -> dict[str, Any]:
        return dict(measure(cls, SPEC, EXECUTION, data, ("sgd", "adam"), anew))

    monkeypatch.setattr(backend, "built", 0)
    stages = record(backend, anew)
    assert backend.built == built
    for stage, quantities in record(Backend, anew=False).items():
        for item, value in quantities.items():
            np.testing.assert_array_equal(stages[stage][item], value)
