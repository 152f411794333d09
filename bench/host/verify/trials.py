"""Verifies what a run is about to time."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from bench.host.cache import turn
from bench.host.environments.preparation import Environments, Say, select_available
from bench.host.frameworks.framework import Framework
from bench.host.planning.catalog import Catalog
from bench.host.verify.cells import Cell
from bench.host.verify.certification import Certification
from bench.host.verify.together import at_once, find_all
from bench.host.verify.verifier import Verifier
from bench.records.certificate import Certificate
from bench.records.results import Trial

# By the key of the cell.
Certificates = Mapping[tuple[str, ...], Certificate]


def cell_of(trial: Trial, frameworks: Mapping[str, Framework], catalog: Catalog) -> Cell:
    """What has to be verified for a trial."""
    return Cell(
        frameworks[trial.edition],
        catalog.models[trial.model],
        trial.dataset,
        catalog.dataset(trial.dataset).samples,
        trial.mode,
        trial.device,
        trial.settings,
        trial.layout,
    )


def verify_trials(
    trials: Iterable[Trial],
    frameworks: Mapping[str, Framework],
    catalog: Catalog,
    environments: Environments,
    threads: int,
    scratch: Path,
    say: Say,
) -> dict[tuple[str, ...], Certificate]:
    """The certificate of every cell that the trials time; cached ones take no time."""
    scratch.mkdir()
    certification = Certification(
        Verifier(select_available(environments), threads, scratch), environments, say
    )
    cells = {cell.key: cell for cell in (cell_of(one, frameworks, catalog) for one in trials)}
    if not cells:
        return {}
    count = max(at_once(cell.device) for cell in cells.values())
    # It would disturb another run's measurement.
    with turn("measuring"):
        found = find_all(certification, cells.values(), count)
    return {one.cell.key: one.certificate for one in found}
