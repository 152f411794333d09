"""Verifies many cells: grouped by what they are compared with, on a GPU several at a time.

Nothing is timed here. On a GPU most of the time goes into imports, compilation and the comparison
itself, which are the processors' work, while one of them makes a reference; one after the other,
a plan of large models would be verified for longer than it trains.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from bench.host.machine.description import count_usable_processors
from bench.host.verify.cells import Cell
from bench.host.verify.certification import Certification, Finding

# Each of them has a framework's context and the model on the device.
MOST_AT_ONCE = 6


def at_once(device: str) -> int:
    """How many cells are verified at a time: on a CPU each of them has all the threads."""
    return 1 if device == "cpu" else max(1, min(MOST_AT_ONCE, count_usable_processors() // 2))


def find_all(certification: Certification, cells: Iterable[Cell], count: int) -> list[Finding]:
    """What is known of each cell, in order; `count` of them are verified at a time.

    What a group of cells is compared with takes gigabytes for a large model, and is removed when
    the last of them is done.
    """
    asked = list(cells)
    found = {cell.key: certification.known(cell) for cell in asked}
    groups: dict[str, list[Cell]] = {}
    for cell in asked:
        if found[cell.key] is None:
            groups.setdefault(certification.verifier.reference_name(cell), []).append(cell)
    verify = _side_by_side if count > 1 else _one_by_one
    made = {one.cell.key: one for one in verify(certification, list(groups.values()), count)}
    return [found[cell.key] or made[cell.key] for cell in asked]


def _one_by_one(
    certification: Certification, groups: Sequence[Sequence[Cell]], _: int
) -> list[Finding]:
    found = []
    for group in groups:
        found += [certification.finding(cell) for cell in group]
        certification.verifier.forget(group[0])
    return found


def _side_by_side(
    certification: Certification, groups: Sequence[Sequence[Cell]], count: int
) -> list[Finding]:
    """References in one pool, and in another the cells of those that are there."""
    verifier = certification.verifier
    found: list[Finding] = []
    with ThreadPoolExecutor(count) as references, ThreadPoolExecutor(count) as workers:
        try:
            begun: dict[Future[Any], Sequence[Cell]] = {
                references.submit(verifier.prepare, group[0]): group for group in groups
            }
            running: dict[Future[Any], Sequence[Cell]] = {}
            while begun or running:
                for future in wait([*begun, *running], return_when=FIRST_COMPLETED).done:
                    if (group := begun.pop(future, None)) is not None:
                        # A reference that failed is tried again for each cell, which tells why.
                        running |= {
                            workers.submit(certification.finding, cell): group for cell in group
                        }
                        continue
                    group = running.pop(future)
                    found.append(future.result())
                    if not any(other is group for other in running.values()):
                        verifier.forget(group[0])
        except BaseException:
            # Ctrl-C reaches this thread alone, and the pools wait for their own.
            references.shutdown(wait=False, cancel_futures=True)
            workers.shutdown(wait=False, cancel_futures=True)
            verifier.executor.stop()
            raise
    return [_alone(certification, one) for one in found]


def _alone(certification: Certification, finding: Finding) -> Finding:
    """The finding; of a cell that failed beside others, by lack of memory say, another one."""
    failed = finding.certificate.verdict == "unchecked" and not finding.skipped
    return certification.finding(finding.cell) if failed else finding
