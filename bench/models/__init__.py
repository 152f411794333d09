"""The models by name: each name is one setting of one family's spec. Standard library only."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.models.lenet import LeNet
from bench.spec import ModelSpec


@dataclass(frozen=True)
class Model:
    """A named setting of a model family.

    Attributes:
        name: what plans, records and reports call it; stable, for dashboards keep it.
        family: the file that implements it in each framework.
        summary: one line for people.
        build: (input shape, classes) -> spec; raises ValueError for a shape it cannot take.
    """

    name: str
    family: str
    summary: str
    build: Callable[[tuple[int, ...], int], ModelSpec]


MODELS: dict[str, Model] = {
    model.name: model
    for model in (
        Model(
            "lenet",
            LeNet.family,
            "LeNet-5 in its common modern form: ReLU, max pooling",
            LeNet.modern,
        ),
        Model(
            "lenet-1998",
            LeNet.family,
            "LeNet-5 in its 1998 form: tanh, average pooling",
            LeNet.classic,
        ),
    )
}
