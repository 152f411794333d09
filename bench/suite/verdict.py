"""What a run with `--against` comes to: BASE and HEAD compared, a suspicion confirmed first."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.errors import ResultsError
from bench.host.environments import Say
from bench.host.frameworks import ROOT
from bench.host.session import Session
from bench.host.store import Run, create_run
from bench.results import Trial

Execute = Callable[[Trial, Session], None]
# What `python -m reports compare` exits with.
REGRESSION = 1
CONFIRMATION = "confirmation"
# Of a first run and of the one that confirms it: of both together, a hundredth.
FALSE_ALARMS_PERCENT = 10
ENDINGS = {"html": "html", "markdown": "md", "json": "json"}


@dataclass(frozen=True)
class Verdict:
    """What the comparison of a run's two revisions came to.

    Attributes:
        page: the comparison as HTML.
        lines: what it says, for the terminal.
        suspects: names of the series in which HEAD is worse.
    """

    regression: bool
    page: Path
    lines: tuple[str, ...]
    suspects: tuple[str, ...] = ()


def compare_revisions(run: Run) -> Verdict:
    """BASE and HEAD of a run; the page, the Markdown and the JSON of it lie in the run's folder.

    Raises:
        ResultsError: they cannot be compared.
    """
    files = {kind: run.folder / f"compare.{ending}" for kind, ending in ENDINGS.items()}
    # A process of its own: the report's libraries stay out of the one that measures.
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "reports", "compare"),
            *(f"{run.folder}@base", f"{run.folder}@head"),
            *("--false-alarms", str(FALSE_ALARMS_PERCENT)),
            *(part for kind, file in files.items() for part in (f"--{kind}", str(file))),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode not in (0, REGRESSION):
        said = finished.stderr.strip().splitlines() or [f"exit status {finished.returncode}"]
        raise ResultsError(f"BASE and HEAD cannot be compared: {said[-1]}")
    document = json.loads(files["json"].read_text("utf-8"))
    return Verdict(
        finished.returncode == REGRESSION,
        files["html"],
        tuple(finished.stdout.strip().splitlines()),
        tuple(_suspects(document)),
    )


def _suspects(document: dict[str, Any]) -> list[str]:
    return [str(one["head"]["series"]) for one in document["trials"] if one["verdict"] == "worse"]


def confirmed(
    first: Verdict, session: Session, trials: Sequence[Trial], execute: Execute, say: Say
) -> Verdict:
    """The verdict of a second run, of just those trials that the first one suspects.

    Chance makes one of many trials look slower in a tenth of first runs, and in a tenth of second
    ones: where nothing changed, in a hundredth of both. The second run is judged by itself, so that
    what raised the suspicion is no part of the evidence.
    """
    again = [trial for trial in trials if trial.series in first.suspects]
    say(f"HEAD may be worse in {len(first.suspects)} of the trials: running those again ...")
    run = create_run(session.run.folder.parent, f"{session.selection.plan.name}-{CONFIRMATION}")
    second = replace(session, run=run, statuses=[], starved={})
    for trial in again:
        execute(trial, second)
    return compare_revisions(run)
