"""Verifies what a run is about to time."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from bench.host.cache import turn
from bench.host.environments.preparation import Environments, Say, select_available
from bench.host.frameworks.framework import Framework
from bench.host.planning.catalog import Catalog
from bench.host.planning.selection import Selection
from bench.host.verify.cells import Cell
from bench.host.verify.certification import Certification
from bench.host.verify.together import certify_all, count_at_once
from bench.host.verify.verifier import Verifier
from bench.records.certificate import Certificate
from bench.records.results import Trial

# By the key of the cell.
Certificates = Mapping[tuple[str, ...], Certificate]


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
    )


def verify_trials(
    trials: Iterable[Trial],
    selection: Selection,
    environments: Environments,
    threads: int,
    scratch: Path,
    say: Say,
) -> dict[tuple[str, ...], Certificate]:
    """Verify every cell that the trials time; what is cached takes no time."""
    scratch.mkdir()
    certification = Certification(
        Verifier(select_available(environments), threads, scratch), environments, say
    )
    cells = {
        cell.key: cell
        for cell in (to_cell(trial, selection.frameworks, selection.catalog) for trial in trials)
    }
    if not cells:
        return {}
    count = max(count_at_once(cell.device) for cell in cells.values())
    # It would disturb another run's measurement.
    with turn("measuring"):
        reports = certify_all(certification, cells.values(), count)
    return {report.cell.key: report.certificate for report in reports}
