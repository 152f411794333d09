"""What a run with `--against` comes to: BASE and HEAD compared, what differs run again first."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import ResultsError
from bench.host.environments.preparation import Say
from bench.host.frameworks.framework import ROOT
from bench.host.session.session import Session
from bench.host.session.store import RunFolder, create_run
from bench.records.results import Trial
from bench.suite.progress import summarize

# What `python -m reports compare` exits with.
REGRESSION = 1
CONFIRMATION = "confirmation"
# The chance that any trial looks different in a metric where nothing changed: in the first run, and
# in the second one of just those trials. Slower in both, in the same metric: 0.15 x 0.015, so that
# all metrics together cry wolf in less than one of a hundred runs.
SUSPICION_PERCENT, CONFIRMATION_PERCENT = 30, 3
ENDINGS = {"html": "html", "markdown": "md", "json": "json"}


@dataclass(frozen=True)
class Verdict:
    """What the comparison of a run's two revisions came to.

    Attributes:
        page: the comparison as HTML.
        lines: what it says, for the terminal.
        suspects: names of the series in which HEAD differs.
    """

    regression: bool
    page: Path
    lines: tuple[str, ...]
    suspects: tuple[str, ...] = ()


def judge_revisions(session: Session, trials: Sequence[Trial], say: Say) -> Verdict:
    """Compare a run's revisions; a second run, of just those trials that differ, confirms it.

    Raises:
        ResultsError: they cannot be compared.
    """
    first = _compare_revisions(session.folder)
    if not first.suspects:
        return first
    say(
        f"HEAD may differ in {len(first.suspects)} of the trials: running those again, since only "
        "what differs twice counts ..."
    )
    plan = session.prepared.selection.plan.name
    run = create_run(session.folder.folder.parent, f"{plan}-{CONFIRMATION}")
    second = Session(session.prepared, run, executor=session.executor)
    for trial in trials:
        if trial.series in first.suspects:
            say(summarize(second.execute(trial, lambda event: None)))
    return _compare_revisions(session.folder, run)


def _compare_revisions(run: RunFolder, again: RunFolder | None = None) -> Verdict:
    """Compare BASE and HEAD of a run; write page, Markdown and JSON into the run's folder.

    What differs is to be confirmed by the run `again`.
    """
    files = {kind: run.folder / f"compare.{ending}" for kind, ending in ENDINGS.items()}
    confirmation = (
        ("--again", *_sides(again), "--false-alarms-again", str(CONFIRMATION_PERCENT))
        if again
        else ()
    )
    finished = run_reports(
        *("compare", *_sides(run), "--false-alarms", str(SUSPICION_PERCENT), *confirmation),
        *(part for kind, file in files.items() for part in (f"--{kind}", str(file))),
    )
    if finished.returncode not in (0, REGRESSION):
        said = finished.stderr.strip().splitlines() or [f"exit status {finished.returncode}"]
        raise ResultsError(f"BASE and HEAD cannot be compared: {said[-1]}")
    document = json.loads(files["json"].read_text("utf-8"))
    return Verdict(
        finished.returncode == REGRESSION,
        files["html"],
        tuple(finished.stdout.strip().splitlines()),
        tuple(
            str(trial["head"]["series"])
            for trial in document["trials"]
            if trial["verdict"] in ("worse", "better")
        ),
    )


def run_reports(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the reports in a process of their own: their libraries stay out of this one."""
    command = [sys.executable, "-m", "reports", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def _sides(run: RunFolder) -> tuple[str, str]:
    return f"{run.folder}@base", f"{run.folder}@head"
