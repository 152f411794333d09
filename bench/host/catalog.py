"""What the names of models and data sets stand for in a run: the project's own and the user's."""

from dataclasses import dataclass, field

from bench.errors import DataError
from bench.host.data import DATASETS
from bench.host.data.dataset import Dataset
from bench.host.data.synthetic import IMAGES, LIMITS, TEXTS, synthetic_dataset
from bench.models import MODELS, Model
from bench.spec import ModelSpec


@dataclass(frozen=True)
class Catalog:
    """Models and data sets by name.

    Attributes:
        datasets: those with a name of their own; synthetic ones are made from theirs.
    """

    models: dict[str, Model] = field(default_factory=lambda: MODELS)
    datasets: dict[str, Dataset] = field(default_factory=lambda: DATASETS)

    @property
    def dataset_names(self) -> str:
        """All names of data sets that there can be, for messages."""
        return f"{', '.join(self.datasets)}, {IMAGES} or {TEXTS} ({LIMITS})"

    def dataset(self, name: str) -> Dataset:
        """The data set of that name.

        Raises:
            DataError: there is none.
        """
        dataset = self.datasets.get(name) or synthetic_dataset(name)
        if dataset is None:
            raise DataError(
                f"There is no data set {name!r}; expected {self.dataset_names}; see "
                "`python -m bench list datasets`."
            )
        return dataset

    def spec(self, model: str, dataset: str) -> ModelSpec:
        """A model on a data set; raises ValueError where they do not fit."""
        return self.models[model].build(self.dataset(dataset).samples)


OWN = Catalog()
