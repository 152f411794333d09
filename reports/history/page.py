"""The page of what runs found one after the other."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from bench.records.machine import Facts, describe_machine_changes
from bench.records.results import Record
from reports.content.cells import format_interval, format_ratio
from reports.history.changes import change_points, describe_change
from reports.history.drifts import LEAST_RUNS as LEAST_RUNS_OF_A_DRIFT
from reports.history.drifts import describe_drift, find_drifts
from reports.history.figures import draw_history
from reports.history.segments import LEAST_RUNS
from reports.history.series import History, Series, collect_histories, sort_runs
from reports.page.template import render_page
from reports.ranking.machines import find_machines
from reports.ranking.rows import Row
from reports.runs.loading import LoadedRuns
from reports.text import titles, units
from reports.text.markup import render_table


def render(run: LoadedRuns) -> str:
    """Render the page of the runs; the same records give the same text."""
    by_run: dict[str, list[Record]] = {name: [] for name in sort_runs(run.records)}
    for record in run.records:
        by_run[record.run].append(record)
    days = [_started(members)[:10] for members in by_run.values()]
    speeds = run.table.groupby("run")["machine_hashes_per_second"].median().to_dict()
    return render_page(
        "history",
        run.title,
        run.records,
        run.alterations,
        run.problems,
        first=days[0],
        last=days[-1],
        sections=[
            _section(f"history-{number}", history, [day[5:] for day in days])
            for number, history in enumerate(collect_histories(run.records, run.table), start=1)
        ],
        runs=render_table(_runs(by_run, speeds), "The runs, newest first", "Run", "words"),
        least_runs=LEAST_RUNS,
        least_runs_of_a_drift=LEAST_RUNS_OF_A_DRIFT,
    )


def _section(anchor: str, history: History, days: Sequence[str]) -> dict[str, Any]:
    labels = [series.label for series in history.series]
    text = pd.DataFrame(map(_latest, history.series), index=labels, dtype=object)
    caption = "The latest run of each row, by the run before it"
    changes = change_points(history)
    return {
        "anchor": anchor,
        "history": history,
        "latest": render_table(text, caption, "Framework", "numbers rows"),
        # A sentence each, the most recent first.
        "changes": tuple(map(describe_change, changes)),
        # Whether any series has runs enough for a change.
        "enough": any(len(series.points) >= 2 * LEAST_RUNS for series in history.series),
        # A sentence each, the largest first.
        "drifts": tuple(map(describe_drift, find_drifts(history, changes))),
        "enough_for_drifts": any(
            len(series.points) >= LEAST_RUNS_OF_A_DRIFT for series in history.series
        ),
        "drawings": draw_history(history, changes, days, anchor),
    }


def _latest(series: Series) -> dict[str, str]:
    row = series.points[-1].row
    before = series.points[-2].row if len(series.points) > 1 else None
    return {
        "Runs": units.format_integer(len(series.points)),
        "Version": row.key.version or units.ABSENT,
        "Latest samples/s": _value(row, "throughput_samples_per_second", units.format_number),
        "By the run before": (
            format_ratio(row.estimate_ratio_to(before)) if before else units.ABSENT
        ),
        "Can the difference be told?": _describe_difference(row, before),
        "Test accuracy\N{NO-BREAK SPACE}(%)": _value(row, "test_accuracy", units.format_percent),
        "Peak anonymous\N{NO-BREAK SPACE}(MiB)": _value(
            row, "peak_anonymous_bytes", units.format_mebibytes
        ),
        "Ranked": "yes" if row.refusal is None else f"no: {row.refusal}",
    }


def _value(row: Row, column: str, text: units.Format) -> str:
    return format_interval(row.estimate(column), text)


def _describe_difference(row: Row, before: Row | None) -> str:
    if before is None:
        return f"{units.ABSENT} (one run)"
    differs = row.differs_from(before)
    if differs is None:
        return f"{units.ABSENT} (too few invocations)"
    return "yes" if differs else "no"


def _runs(by_run: Mapping[str, Sequence[Record]], speeds: Mapping[Any, float]) -> pd.DataFrame:
    newest_first = list(by_run)[::-1]
    # Of each machine as the run before found it.
    before: dict[str, Facts] = {}
    rows = []
    for run, members in by_run.items():
        machines = _describe_machines(members, before)
        rows.append(_facts(members, speeds[run], machines))
    return pd.DataFrame(rows[::-1], index=newest_first, dtype=object)


def _describe_machines(members: Sequence[Record], before: dict[str, Facts]) -> str:
    """Name the processors, and say what changed on a machine since the run before."""
    parts = []
    for machine in find_machines(members):
        changes = describe_machine_changes((before.get(machine.key, {}), *machine.states))
        before[machine.key] = machine.facts
        since = f" (changed since: {changes})" if changes else ""
        parts.append(f"{machine.facts.get('cpu')}{since}")
    return _listed(parts)


def _facts(members: Sequence[Record], rounds_per_second: float, machines: str) -> dict[str, str]:
    speed = units.ABSENT
    if not math.isnan(rounds_per_second):
        speed = f"{units.format_number(rounds_per_second / 1e6)} million SHA-256 rounds/s"
    versions = _listed(
        f"{titles.title_framework(record)} {record.framework_version}"
        for record in members
        if record.framework_version
    )
    return {
        "Started": _started(members)[:16].replace("T", " "),
        "Plan": _listed(record.plan for record in members),
        "Commit": _listed(titles.shorten_commit(record.commit) for record in members),
        "Versions": versions or units.ABSENT,
        "Machine": machines,
        "Trials": ", ".join(titles.count_each(record.status for record in members)),
        "Machine's own speed": speed,
    }


def _listed(values: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(values))


def _started(members: Sequence[Record]) -> str:
    return min(record.started for record in members)
