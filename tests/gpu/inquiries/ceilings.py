"""The highest rates of arithmetic and of memory that each framework attains."""

from pathlib import Path

from bench.host.cache import make_scratch_folder
from bench.host.ceilings.measurement import measure_ceilings
from bench.host.environments.preparation import Environment
from bench.host.machine.description import choose_threads
from bench.host.planning.selection import find_frameworks
from bench.host.process.executor import Executor
from tests.gpu.findings import Notebook
from tests.gpu.settings import Settings


def inquire(settings: Settings, notebook: Notebook) -> None:
    """Measure each framework in each precision; the fastest precision, which tells most, first."""
    _, frameworks = find_frameworks(settings.to_request())
    for precision in reversed(settings.precisions):
        for edition, framework in frameworks.items():
            environment = Environment(Path(settings.pythons[framework.name]), given=True)
            with make_scratch_folder() as scratch:
                ceiling = measure_ceilings(
                    [framework],
                    {edition: environment},
                    settings.device,
                    choose_threads(),
                    [precision],
                    Executor(),
                    scratch,
                    settings.workload,
                )[precision]
            notebook.write(
                "ceiling",
                framework=framework.name,
                precision=precision,
                operations_per_second=ceiling.operations_per_second,
                bytes_per_second=ceiling.bytes_per_second,
                reason=ceiling.reasons.get(framework.name),
            )
