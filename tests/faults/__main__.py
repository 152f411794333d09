"""`python -m tests.faults`: plants faults in workers and kills hosts; prints what came of it."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.errors import SamestepError
from bench.host.environments.preparation import prepare_cached_environment
from bench.host.frameworks.framework import discover
from tests.faults.kills import PAIRS, PAIRS_PLAN, Killings, kill_hosts
from tests.faults.sabotage import STATUSES
from tests.faults.workers import Limits, Suite, inject

Line = tuple[str, int, int, list[str]]
# Every so many kills of the host one more is of a host with a pair of trials.
KILLS_OF_A_PAIR = 5


def main() -> int:
    """The exit status: 0 where all was survived and nothing lost."""
    options = _options()
    lines: list[Line] = []
    with tempfile.TemporaryDirectory(prefix="samestep-faults-") as folder:
        for name in options.frameworks:
            lines += _of_workers(name, Path(folder) / name)
        lines += _of_hosts(Path(folder), options.kills, options.seed)
    _print(lines, options.seed)
    return 0 if all(tried == survived and not lost for _, tried, survived, lost in lines) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    known = list(discover())
    parser.add_argument("--kills", type=int, default=200, metavar="N", help="of the host")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the kills' moments")
    parser.add_argument(
        "--frameworks", nargs="*", default=known, choices=known, metavar="NAME", help="for workers"
    )
    return parser.parse_args()


def _of_workers(name: str, folder: Path) -> list[Line]:
    framework = discover()[name]
    try:
        python = prepare_cached_environment(framework, "cpu", print).python
    except SamestepError as error:
        return [(f"{name}: all worker faults", len(STATUSES), 0, [str(error)])]
    folder.mkdir()
    suite = inject(folder, name, framework.folder, python, Limits())
    lost = list(_lost(suite))
    return [
        *(
            (
                f"{name}: {one.fault} ({one.expected})",
                1,
                int(one.survived),
                [] if one.survived else [one.words],
            )
            for one in suite.injections
        ),
        (f"{name}: the suite goes on, tells all in its report, leaves no process", 1, 1, lost),
    ]


def _lost(suite: Suite) -> Iterator[str]:
    if suite.status != 1:
        yield f"exit status {suite.status}, expected 1"
    if suite.sound is None or suite.sound.status != "ok":
        yield "the framework without a fault did not finish"
    for one in suite.injections:
        # What ended well has no line of its own there.
        record = None if one.record is None or one.record.status == "ok" else one.record
        if record is not None and record.trial.id not in suite.report:
            yield f"{record.trial.id} is not in the report"
    yield from (f"left behind: {command}" for command in suite.left)


def _of_hosts(folder: Path, kills: int, seed: int) -> Iterator[Line]:
    if not kills:
        return
    found = kill_hosts(folder / "kills", kills, seed)
    yield _killed("kill -9 at random moments, then --resume", found)
    pairs = kills // KILLS_OF_A_PAIR
    found = kill_hosts(folder / "pairs", pairs, seed, PAIRS, PAIRS_PLAN)
    yield _killed("the same while two revisions take turns (--against HEAD)", found)


def _killed(words: str, found: Killings) -> Line:
    print(
        f"{found.kills} kills in {found.runs} runs: {found.before_the_first} before the first "
        f"record, {found.torn} in the midst of one"
    )
    return f"host: {words}", found.kills, found.kills, found.lost


def _print(lines: list[Line], seed: int) -> None:
    table = Table("fault", "tried", "survived", "lost", title=f"Faults (seed {seed})")
    for words, tried, survived, lost in lines:
        table.add_row(words, str(tried), str(survived), "; ".join(lost) or "nothing")
    Console(width=None if sys.stdout.isatty() else 160).print(table)


if __name__ == "__main__":
    sys.exit(main())
