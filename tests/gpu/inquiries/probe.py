"""Whether each framework can compute on the GPU."""

from dataclasses import replace
from pathlib import Path
from time import monotonic

from bench.errors import UnavailableError
from bench.host.cache import make_scratch_folder
from bench.host.ceilings.measurement import drop_unusable_environments
from bench.host.environments.preparation import Environment
from bench.host.machine.description import choose_threads
from bench.host.planning.selection import find_frameworks
from tests.gpu.findings import Notebook
from tests.gpu.settings import Settings


def inquire(settings: Settings, notebook: Notebook) -> None:
    """Multiply and copy with each framework on the device, one after the other."""
    _, frameworks = find_frameworks(settings.to_request())
    for edition, framework in frameworks.items():
        environment = Environment(Path(settings.pythons[framework.name]), given=True)
        start = monotonic()
        with make_scratch_folder() as scratch:
            usable = drop_unusable_environments(
                {edition: environment},
                {edition: replace(framework, pin="")},
                settings.device,
                choose_threads(),
                scratch,
                print,
            )[edition]
        notebook.write(
            "probe",
            framework=framework.name,
            seconds=monotonic() - start,
            reason=str(usable) if isinstance(usable, UnavailableError) else None,
        )
