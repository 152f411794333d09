"""What is verified: a model on samples of one kind, in one framework and mode."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from bench.errors import PlanError, quote_name
from bench.host.data.dataset import Dataset
from bench.host.frameworks.framework import MODES, Framework
from bench.host.frameworks.setup import DEFAULT, SETTINGS, Setup, select_tunings, set_up
from bench.host.planning.catalog import OWN, Catalog
from bench.job import NATIVE, Execution
from bench.models import Model
from bench.records.results import Trial
from bench.records.variables import shorten_variables
from bench.spec import ModelSpec, Samples, without_dropout


@dataclass(frozen=True)
class Cell:
    """One framework's implementation of a model in one mode, on one device.

    Attributes:
        dataset: whose samples' shape, classes and vocabulary it takes.
    """

    framework: Framework
    definition: Model
    dataset: str
    samples: Samples
    mode: str
    device: str
    settings: str = DEFAULT
    layout: str = NATIVE
    variables: str = ""

    @property
    def model(self) -> str:
        """Name of the model."""
        return self.definition.name

    @property
    def key(self) -> tuple[str, ...]:
        """Tells it from every other cell of a run."""
        return (
            self.framework.edition,
            self.model,
            self.dataset,
            self.mode,
            self.device,
            self.settings,
            self.layout,
            self.variables,
        )

    @property
    def spec(self) -> ModelSpec:
        """The model as it is verified."""
        return without_dropout(self.definition.build(self.samples))

    def set_up(self, threads: int) -> Setup:
        """Set up what is verified; the job has the precisions, these settings reduce none."""
        execution = Execution(self.mode, "ieee", self.device, threads, self.layout)
        return set_up(self.framework, self.model, self.settings, execution, self.variables)

    @property
    def title(self) -> str:
        """The cell in words."""
        parts = [f"{self.model} ({self.dataset}) in {self.framework.title}, {self.mode}"]
        parts += [] if self.settings == DEFAULT else [f"{self.settings} settings"]
        parts += [] if self.layout == NATIVE else [self.layout]
        parts += [shorten_variables(self.variables)] if self.variables else []
        return ", ".join(parts)


def to_cell(trial: Trial, frameworks: Mapping[str, Framework], catalog: Catalog) -> Cell:
    """Return what has to be verified for a trial."""
    return Cell(
        frameworks[trial.edition],
        catalog.models[trial.model],
        trial.dataset,
        catalog.get_dataset(trial.dataset).samples,
        trial.mode,
        trial.device,
        trial.settings,
        trial.layout,
        trial.variables,
    )


def choose_cells(
    frameworks: Mapping[str, Framework],
    models: Collection[str],
    modes: Collection[str],
    device: str,
    settings: Collection[str] = (DEFAULT,),
    catalog: Catalog = OWN,
) -> list[Cell]:
    """Choose the cells of these frameworks, models and modes (default: all).

    By default, the models are those that name a data set to be verified on, and the user's own. A
    model that names none is verified on the first that it takes. Tuned settings have a cell where a
    framework has some.

    Raises:
        PlanError: a name is none.
    """
    for name, names, what in (
        *((name, catalog.models, "model") for name in models),
        *((name, MODES, "mode") for name in modes),
        *((name, SETTINGS, "setting") for name in settings),
    ):
        if name not in names:
            raise PlanError(
                f"There is no {what} {quote_name(name, names)}; expected names out of "
                f"{', '.join(names)}."
            )
    cells = (
        Cell(framework, model, dataset.name, dataset.samples, mode, device, setting)
        for model, dataset in _pairs(models, catalog)
        for framework in frameworks.values()
        if framework.has_model(model)
        for mode in framework.modes
        if not modes or mode in modes
        for setting in settings
    )
    return [
        cell
        for cell in cells
        if cell.settings == DEFAULT
        or select_tunings(cell.framework, cell.model, cell.mode, cell.device)
    ]


def find_missing_cells(
    frameworks: Mapping[str, Framework], models: Collection[str], device: str, catalog: Catalog
) -> list[Cell]:
    """Find what the frameworks lack of these models: a cell in the default mode for each."""
    return [
        Cell(framework, model, dataset.name, dataset.samples, framework.default_mode, device)
        for model, dataset in (_pairs(models, catalog) if models else ())
        for framework in frameworks.values()
        if not framework.has_model(model)
    ]


def _pairs(names: Collection[str], catalog: Catalog) -> Iterator[tuple[Model, Dataset]]:
    usual = [
        model.name
        for model in catalog.models.values()
        if model.verified_on or model.folder is not None
    ]
    for name in names or usual:
        model = catalog.models[name]
        dataset = model.verified_on
        yield model, catalog.get_dataset(dataset) if dataset else _first_dataset(model, catalog)


def _first_dataset(model: Model, catalog: Catalog) -> Dataset:
    """Choose the first data set whose samples the model takes; color images before others."""
    datasets = catalog.datasets.values()
    for dataset in sorted(datasets, key=lambda dataset: -dataset.samples.shape[0]):
        try:
            model.build(dataset.samples)
        except ValueError:
            continue
        return dataset
    raise PlanError(f"No data set has samples that the model {model.name!r} takes.")
