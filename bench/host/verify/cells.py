"""What is verified: a model on samples of one kind, in one framework and mode."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from bench.errors import PlanError
from bench.host.data import DATASETS, find_dataset
from bench.host.frameworks import MODES, Framework
from bench.host.setup import DEFAULT, SETTINGS, tunings_of
from bench.models import MODELS
from bench.results import NATIVE
from bench.spec import ModelSpec, Samples, without_dropout

# Every family in its settings, on samples of the data sets that go with it.
PAIRS = (
    ("lenet", "mnist"),
    ("lenet-1998", "digits"),
    ("alexnet-quarter", "cifar10"),
    ("alexnet-lrn-quarter", "cifar10"),
    ("resnet20", "cifar10"),
    ("lstm", "mnist"),
    ("lstm-2", "banking77"),
)


@dataclass(frozen=True)
class Cell:
    """One framework's implementation of a model in one mode, on one device.

    Attributes:
        dataset: whose samples' shape, classes and vocabulary it takes.
    """

    framework: Framework
    model: str
    dataset: str
    samples: Samples
    mode: str
    device: str
    settings: str = DEFAULT
    layout: str = NATIVE

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
        )

    @property
    def spec(self) -> ModelSpec:
        """The model as it is verified."""
        return without_dropout(MODELS[self.model].build(self.samples))

    @property
    def title(self) -> str:
        """The cell in words."""
        parts = [f"{self.model} ({self.dataset}) in {self.framework.title}, {self.mode}"]
        parts += [] if self.settings == DEFAULT else [f"{self.settings} settings"]
        parts += [] if self.layout == NATIVE else [self.layout]
        return ", ".join(parts)


def choose_cells(
    frameworks: Mapping[str, Framework],
    models: Collection[str],
    modes: Collection[str],
    device: str,
    settings: Collection[str] = (DEFAULT,),
) -> list[Cell]:
    """The cells of these frameworks, models (default: those of PAIRS) and modes (default: all).

    A model that is not in PAIRS is verified on the first data set that it takes. Tuned settings
    have a cell where a framework has some.

    Raises:
        PlanError: a name is none.
    """
    for name, known, what in (
        *((name, MODELS, "model") for name in models),
        *((name, MODES, "mode") for name in modes),
        *((name, SETTINGS, "setting") for name in settings),
    ):
        if name not in known:
            raise PlanError(
                f"There is no {what} {name!r}; expected names out of {', '.join(known)}."
            )
    cells = (
        Cell(framework, model, dataset, find_dataset(dataset).samples, mode, device, setting)
        for model, dataset in _pairs(models)
        for framework in frameworks.values()
        if MODELS[model].family in framework.families
        for mode in framework.modes
        if not modes or mode in modes
        for setting in settings
    )
    return [one for one in cells if one.settings == DEFAULT or tunings_of(one.framework, one)]


def _pairs(models: Collection[str]) -> Iterator[tuple[str, str]]:
    if not models:
        yield from PAIRS
    for model in models:
        known = [pair for pair in PAIRS if pair[0] == model]
        yield from known or [(model, _first_dataset(model))]


def _first_dataset(model: str) -> str:
    """The first data set whose samples the model takes; colour images before others."""
    by_channels = sorted(DATASETS.values(), key=lambda one: -one.samples.shape[0])
    for dataset in by_channels:
        try:
            MODELS[model].build(dataset.samples)
        except ValueError:
            continue
        return dataset.name
    raise PlanError(f"No data set has samples that the model {model!r} takes.")
