"""What samestep's own loop costs, against a bare loop of each framework in the same process."""

from pathlib import Path

from bench.host.cache import make_scratch_folder
from bench.host.environments.preparation import Environment
from bench.host.machine.description import choose_threads
from bench.host.planning.selection import find_frameworks
from tests.gpu.findings import Notebook
from tests.gpu.settings import Settings
from tests.overhead.command import OVERHEAD
from tests.overhead.measurement import Case, Measured, Measurement
from tests.overhead.ratios import ratio_of_pairs

MODELS = ("resnet20", "lenet")
REHEARSED_MODELS = ("lenet",)
# One process for each case: its pairs tell the ratio, but not how it varies between processes.
INVOCATIONS = 1
PAIRS, BLOCK_SECONDS = 12, 0.2
REHEARSED_PAIRS, REHEARSED_BLOCK_SECONDS = 2, 0.01


def inquire(settings: Settings, notebook: Notebook) -> None:
    """Measure each framework's default mode; note each case as it ends."""
    _, frameworks = find_frameworks(settings.to_request())
    environments = {
        edition: Environment(Path(settings.pythons[framework.name]), given=True)
        for edition, framework in frameworks.items()
    }
    with make_scratch_folder() as scratch:
        measurement = Measurement(
            environments,
            choose_threads(),
            INVOCATIONS,
            REHEARSED_PAIRS if settings.pretend else PAIRS,
            1 if settings.pretend else 2,
            REHEARSED_BLOCK_SECONDS if settings.pretend else BLOCK_SECONDS,
            scratch,
            print,
        )
        for model in REHEARSED_MODELS if settings.pretend else MODELS:
            work = OVERHEAD.works[model]
            for framework in frameworks.values():
                case = Case(
                    framework,
                    model,
                    work.samples,
                    work.batch_size,
                    work.optimizer,
                    framework.default_mode,
                    settings.device,
                    OVERHEAD.sides,
                )
                (measured,) = measurement.measure([case])
                _note(measured, notebook)


def _note(measured: Measured, notebook: Notebook) -> None:
    case, pairs = measured.case, measured.pairs
    notebook.write(
        "harness",
        model=case.model,
        framework=case.framework.name,
        mode=case.mode,
        # The speed of our loop by that of the bare one.
        ratio=ratio_of_pairs(pairs).median if pairs else None,
        seconds=pairs,
        reason=measured.failure,
    )
