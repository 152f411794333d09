"""What the names of models and data sets stand for in a run: the project's own and the user's."""

from dataclasses import dataclass, field

from bench.errors import DataError
from bench.host.data import DATASETS
from bench.host.data.dataset import Dataset
from bench.host.data.declared.declaration import DeclaredDataset
from bench.host.data.synthetic import IMAGES, LIMITS, TEXTS, parse_synthetic_dataset
from bench.models import MODELS, Model
from bench.spec import ModelSpec


@dataclass(frozen=True)
class Catalog:
    """Models and data sets by name.

    Attributes:
        datasets: those with a name of their own; synthetic ones are made from theirs.
        declared: the user's own, whose files nobody looks at before they are asked for.
    """

    models: dict[str, Model] = field(default_factory=lambda: MODELS)
    datasets: dict[str, Dataset] = field(default_factory=lambda: DATASETS)
    declared: dict[str, DeclaredDataset] = field(default_factory=dict)

    @property
    def named_datasets(self) -> tuple[str, ...]:
        """Those that have a name of their own."""
        return (*self.datasets, *self.declared)

    @property
    def dataset_names(self) -> str:
        """All names of data sets that there can be, for messages."""
        return f"{', '.join(self.named_datasets)}, {IMAGES} or {TEXTS} ({LIMITS})"

    def has_dataset(self, name: str) -> bool:
        """Whether there is a data set of that name; nobody looks at its files."""
        return name in self.named_datasets or parse_synthetic_dataset(name) is not None

    def get_dataset(self, name: str) -> Dataset:
        """The data set of that name.

        Raises:
            DataError: there is none, or the files of a declared one are not what they should be.
        """
        if name in self.declared:
            return self.declared[name].dataset
        dataset = self.datasets.get(name) or parse_synthetic_dataset(name)
        if dataset is None:
            raise DataError(
                f"There is no data set {name!r}; expected {self.dataset_names}; see "
                "`python -m bench list datasets`."
            )
        return dataset

    def build_spec(self, model: str, dataset: str) -> ModelSpec:
        """A model on a data set; raises ValueError where they do not fit."""
        return self.models[model].build(self.get_dataset(dataset).samples)


OWN = Catalog()
