"""Verifies many cells: grouped by what they are compared with, on a GPU several at a time.

Nothing is timed here. On a GPU most of the time goes into imports, compilation and the comparison
itself, which are the processors' work, while one of them makes a reference; one after the other,
a plan of large models would be verified for longer than it trains.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.errors import SamestepError
from bench.host.cache import turn
from bench.host.environments.preparation import Environments, Say, select_available
from bench.host.machine.description import count_available_processors
from bench.host.planning.selection import Selection
from bench.host.verify.cells import Cell, to_cell
from bench.host.verify.certification import CellReport, Certification
from bench.host.verify.verifier import Verifier
from bench.records.certificate import Certificate
from bench.records.results import Trial
from bench.spec import parameter_count

# Each of them has a framework's context and the model on the device.
MOST_AT_ONCE = 6
# What a reference records of each parameter: gradients, weights and slots in float64.
RECORDED_BYTES = 200
# Of references that lie on the disk at a time, where cells are verified one after the other.
MOST_REFERENCE_BYTES = 2**30
Groups = Sequence[Sequence[Cell]]
Listener = Callable[[CellReport], None]
# By the key of the cell.
Certificates = Mapping[tuple[str, ...], Certificate]


def count_at_once(device: str) -> int:
    """Count the cells to verify at a time: on a CPU each of them has all the threads."""
    return 1 if device == "cpu" else max(1, min(MOST_AT_ONCE, count_available_processors() // 2))


def verify_trials(
    trials: Iterable[Trial],
    selection: Selection,
    environments: Environments,
    scratch: Path,
    say: Say,
) -> Certificates:
    """Verify every cell that the trials time; what is cached takes no time."""
    scratch.mkdir(exist_ok=True)
    threads = selection.request.thread_count
    verifier = Verifier(select_available(environments), threads, scratch)
    certification = Certification(verifier, environments, say)
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


def certify_all(
    certification: Certification,
    cells: Iterable[Cell],
    count: int,
    listen: Listener = lambda report: None,
) -> list[CellReport]:
    """Report on each cell, in order; `count` of them are verified at a time.

    What a group of cells is compared with takes gigabytes for a large model, and is removed when
    the last of them is done. `listen` gets each report as soon as it is there.
    """
    cells = list(cells)
    reports: dict[tuple[str, ...], CellReport] = {}

    def hand_on(report: CellReport) -> None:
        reports[report.cell.key] = report
        listen(report)

    groups: dict[str, list[Cell]] = {}
    for cell in cells:
        if report := certification.look_up(cell):
            hand_on(report)
        else:
            name = certification.verifier.get_reference_name(cell)
            groups.setdefault(name, []).append(cell)
    certify = _certify_at_once if count > 1 else _certify_in_order
    certify(certification, list(groups.values()), count, hand_on)
    return [reports[cell.key] for cell in cells]


def _certify_in_order(
    certification: Certification, groups: Groups, _: int, hand_on: Listener
) -> None:
    """Verify one cell at a time, those of a framework in a process that they share.

    References are made before: beside a worker they would take memory that the two have not taken
    one after the other.
    """
    verifier = certification.verifier
    for batch in _divide(groups):
        for group in batch:
            # One that fails is tried again for each cell, which tells why.
            with suppress(SamestepError):
                verifier.prepare_reference(group[0])
        with verifier.share_workers():
            for cell in _sort_by_framework(cell for group in batch for cell in group):
                hand_on(certification.certify(cell))
        for group in batch:
            verifier.forget_reference(group[0])


def _divide(groups: Groups) -> Iterator[Groups]:
    """Divide groups into runs whose references fit on the disk together."""
    batch: list[Sequence[Cell]] = []
    size = 0
    for group in groups:
        reference = parameter_count(group[0].spec) * RECORDED_BYTES
        if batch and size + reference > MOST_REFERENCE_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(group)
        size += reference
    if batch:
        yield batch


def _sort_by_framework(cells: Iterable[Cell]) -> list[Cell]:
    """Sort cells such that those that can share a process follow each other, by mode.

    A mode that compiles keeps helpers, which take memory beside those that do not.
    """
    cells = list(cells)
    # In the order in which they come first.
    frameworks = list(dict.fromkeys(cell.framework.edition for cell in cells))
    modes = list(dict.fromkeys(cell.mode for cell in cells))

    def find_place(cell: Cell) -> tuple[Any, ...]:
        framework, mode = frameworks.index(cell.framework.edition), modes.index(cell.mode)
        return framework, mode, cell.settings, cell.layout, cell.variables

    return sorted(cells, key=find_place)


def _certify_at_once(
    certification: Certification, groups: Groups, count: int, hand_on: Listener
) -> None:
    """Make references in one pool, and verify in another the cells of those that are there."""
    verifier = certification.verifier
    failed: list[Cell] = []
    with ThreadPoolExecutor(count) as references, ThreadPoolExecutor(count) as workers:
        try:
            begun: dict[Future[Any], Sequence[Cell]] = {
                references.submit(verifier.prepare_reference, group[0]): group for group in groups
            }
            running: dict[Future[Any], Sequence[Cell]] = {}
            while begun or running:
                for future in wait([*begun, *running], return_when=FIRST_COMPLETED).done:
                    if (group := begun.pop(future, None)) is not None:
                        # A reference that failed is tried again for each cell, which tells why.
                        running |= {
                            workers.submit(certification.certify, cell): group for cell in group
                        }
                        continue
                    group = running.pop(future)
                    report = future.result()
                    if report.certificate.verdict == "unchecked" and not report.skipped:
                        failed.append(report.cell)
                    else:
                        hand_on(report)
                    if not any(cells is group for cells in running.values()):
                        verifier.forget_reference(group[0])
        except BaseException:
            # Ctrl-C reaches this thread alone, and the pools wait for their own.
            references.shutdown(wait=False, cancel_futures=True)
            workers.shutdown(wait=False, cancel_futures=True)
            verifier.executor.stop()
            raise
    # A cell may have failed beside others by lack of memory, say.
    for cell in failed:
        hand_on(certification.certify(cell))
