"""Whether the models take the reference's steps on the GPU, several cells at a time."""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from bench.host.frameworks.setup import DEFAULT, TUNED
from bench.host.machine.accounts import read_or_none
from bench.host.machine.nvml import VisibleGpu, open_gpu
from bench.host.planning.selection import build_catalog, find_frameworks
from bench.host.verify.cells import choose_cells
from bench.host.verify.certification import CellReport
from bench.host.verify.command import Verification, verify_cells
from bench.host.verify.summary import PRECISION_TITLES
from bench.host.verify.together import count_at_once
from tests.gpu.findings import Notebook
from tests.gpu.settings import Settings

MODELS = ("lenet", "lstm", "resnet20", "alexnet-quarter")
TUNED_MODELS = ("lenet", "lstm")
# A rehearsal's share, in default modes: what is verified on a processor anyway need not be verified
# twice.
REHEARSED_MODELS = ("lenet",)
LOOK_SECONDS = 0.1


def inquire(settings: Settings, notebook: Notebook) -> None:
    """Verify the models in all modes; note each cell as it ends, and the memory at its highest."""
    request = settings.to_request()
    catalog = build_catalog(request)
    _, frameworks = find_frameworks(request)
    models = REHEARSED_MODELS if settings.pretend else MODELS
    tuned_models = REHEARSED_MODELS if settings.pretend else TUNED_MODELS
    cells = choose_cells(frameworks, models, (), settings.device, (DEFAULT,), catalog)
    if settings.pretend:
        cells = [cell for cell in cells if cell.mode == cell.framework.default_mode]
    tuned = choose_cells(frameworks, tuned_models, (), settings.device, (TUNED,), catalog)
    # What small.toml times: in the mode that each framework's users train in.
    cells += [cell for cell in tuned if cell.mode == cell.framework.default_mode]

    def note(report: CellReport) -> None:
        cell, certificate = report.cell, report.certificate
        nearest: dict[str, float] = {}
        for worst in certificate.worst:
            title = PRECISION_TITLES[worst.precision]
            error = math.inf if worst.error is None else worst.error
            nearest[title] = max(nearest.get(title, 0.0), error / worst.limit)
        notebook.write(
            "cell",
            model=cell.model,
            framework=cell.framework.name,
            version=report.framework_version,
            mode=cell.mode,
            settings=cell.settings,
            verdict=certificate.verdict,
            reason=certificate.reason,
            defects=[defect.name for defect in certificate.defects],
            seconds=report.seconds,
            nearest_to_limit=nearest,
        )

    verification = Verification(request, tuple(cells), fresh=True)
    with open_gpu(settings.device, os.environ) as gpu, _watch_memory(gpu, notebook):
        notebook.write("at once", count=count_at_once(settings.device))
        verify_cells(verification, print, note)


@contextmanager
def _watch_memory(gpu: VisibleGpu, notebook: Notebook) -> Iterator[None]:
    """Note the most memory that was in use meanwhile; nothing where the driver does not tell."""
    ended = Event()
    peak = [0]

    def watch() -> None:
        while not ended.wait(LOOK_SECONDS):
            peak[0] = max(peak[0], read_or_none(gpu.read_used_bytes) or 0)

    thread = Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        total = read_or_none(gpu.read_total_bytes)
        if peak[0] and total:
            notebook.write("memory", peak_bytes=peak[0], total_bytes=total)
