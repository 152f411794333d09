"""What happened around a comparison's trials that makes its numbers doubtful."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from bench.records.results import NOISY_SHARE
from reports.ranking.comparisons import Comparison
from reports.ranking.machines import find_machines
from reports.ranking.rows import Row
from reports.statistics.quantiles import find_extremes
from reports.text import titles, units
from reports.text.conditions import collect_findings

# What a hypervisor takes for other guests; `bench doctor` notes as much.
NOTED_STEAL_SHARE = 0.01
# The host's clock and the device's own events agree within this share, or one of them is wrong.
CLOCKS_AGREE = 0.02
# Between the medians of two runs, of the host's own fixed work around their trials.
NOTED_SPEED_DIFFERENCE = 0.05
# Of a row's invocations: noise alone makes up to 8 % of them look as if they reached none.
UNSTEADY_SHARE = 1 / 3
SPEED_COLUMN = "machine_hashes_per_second"


@dataclass(frozen=True)
class Doubt:
    """A reason not to trust numbers: in two or three words, and with the rows that it concerns."""

    topic: str
    sentence: str


def find_doubts(comparison: Comparison) -> tuple[Doubt, ...]:
    """What is known to speak against the comparison's numbers, the finished trials' only."""
    rows = [row for row in comparison.rows if row.finished]
    # Each says what there is to say of the rows, or nothing.
    finders = {
        "different runs": _compare_runs,
        "other programs": _find_load,
        "other guests": _find_steal,
        "others on the GPU": _find_others_on_card,
        "heat": _find_heat,
        "machine's speed": _compare_speeds,
        "machine changed": _compare_machines,
        "no steady state": _find_unsteady,
        "two clocks": _compare_clocks,
        "state of the machine": _list_findings,
    }
    sentences = ((topic, find(rows)) for topic, find in finders.items())
    return tuple(Doubt(topic, sentence) for topic, sentence in sentences if sentence)


def summarize_doubts(doubts: Sequence[Doubt]) -> str:
    """All topics in one line; empty where there is none."""
    if not doubts:
        return ""
    return f"Doubtful: {titles.join_words([doubt.topic for doubt in doubts])}."


def _compare_runs(rows: Sequence[Row]) -> str:
    runs_of = {
        row.label: tuple(dict.fromkeys(record.run for record in row.finished)) for row in rows
    }
    if len({frozenset(runs) for runs in runs_of.values()}) < 2:
        return ""
    text = "; ".join(f"{label}: {titles.join_words(list(runs))}" for label, runs in runs_of.items())
    return (
        f"The rows were not all measured in the same runs ({text}). A difference between rows may "
        "be a difference between those times. Measure them in one run."
    )


def _find_load(rows: Sequence[Row]) -> str:
    names, worst = _above(rows, "other_load_share", NOISY_SHARE)
    return names and (
        f"Other programs took up to {worst:.0%} of the processors' time while trials ran "
        f"({names}). These numbers are doubtful; measure again on a quiet machine."
    )


def _find_steal(rows: Sequence[Row]) -> str:
    names, worst = _above(rows, "steal_share", NOTED_STEAL_SHARE)
    return names and (
        f"A hypervisor gave up to {units.format_share(worst)}% of the processors' time to other "
        f"guests ({names}). Measure on a dedicated machine."
    )


def _find_others_on_card(rows: Sequence[Row]) -> str:
    names, most = _above(rows, "device_other_processes", 0)
    return names and (
        f"Up to {most:,.0f} processes of others computed on the GPU right before or after trials "
        f"({names}). The trials waited for them in vain. Measure on a dedicated GPU."
    )


def _find_heat(rows: Sequence[Row]) -> str:
    events, many = _above(rows, "throttle_events", 0)
    seconds, long = _above(rows, "gpu_thermal_seconds", 0)
    parts = []
    if events:
        parts.append(
            f"Heat slowed the processors down up to {many:,.0f} times per trial ({events})."
        )
    if seconds:
        parts.append(
            f"Heat limited the GPU's clocks for up to {units.format_number(long)} s of a trial "
            f"({seconds})."
        )
    return " ".join((*parts, "Cool the machine better.")) if parts else ""


def _compare_speeds(rows: Sequence[Row]) -> str:
    """Compare the machine's speed between runs; in one, single looks differ more than they tell."""
    if not rows:
        return ""
    table = pd.concat([row.trials[["run", SPEED_COLUMN]] for row in rows])
    speeds = table.groupby("run")[SPEED_COLUMN].median()
    slowest, fastest = speeds.min(), speeds.max()
    if not fastest > slowest * (1 + NOTED_SPEED_DIFFERENCE):
        return ""
    return (
        f"The machine itself was {units.format_share(fastest / slowest - 1)}% faster during run "
        f"{speeds.idxmax()} than during run {speeds.idxmin()}, measured by fixed work of the host "
        "around each trial. A difference between these runs may come from the machine."
    )


def _compare_machines(rows: Sequence[Row]) -> str:
    machines = find_machines(record for row in rows for record in row.finished)
    changes = "; ".join(machine.changes for machine in machines if machine.changes)
    return changes and (
        f"The machine changed since its first trial here ({changes}). A difference between trials "
        "may come from that. Measure again what you compare."
    )


def _find_unsteady(rows: Sequence[Row]) -> str:
    names = "; ".join(
        f"{row.label}: {row.states['no steady state']} of {len(row.finished)}"
        for row in rows
        if row.states["no steady state"] > UNSTEADY_SHARE * len(row.finished)
    )
    return names and (
        f"Some invocations reached no steady state ({names}). Their speed was still "
        "changing, so their medians are doubtful. Train for longer, or on a quieter machine."
    )


def _compare_clocks(rows: Sequence[Row]) -> str:
    names, worst = _above(rows, "device_clock_difference", CLOCKS_AGREE)
    return names and (
        "The host's clock and the device's own events differ by up to "
        f"{units.format_share(worst)}% of a block ({names}). Either the device waited for the "
        "host, or one of the clocks is wrong."
    )


def _list_findings(rows: Sequence[Row]) -> str:
    findings = collect_findings(record for row in rows for record in row.finished)
    topics = titles.join_words(list(dict.fromkeys(finding.topic for finding in findings)))
    return topics and (
        "Before the run, the machine was checked, and this was noted: "
        f"{topics}. See The machine, below."
    )


def _above(rows: Sequence[Row], column: str, limit: float) -> tuple[str, float]:
    """Name the rows that are above a limit, and say how high the highest is."""
    worst = {row.label: find_extremes(row.values(column)).high for row in rows}
    over = {label: value for label, value in worst.items() if value > limit}
    names = "all rows" if len(over) == len(rows) > 2 else "; ".join(over)
    return names, max(over.values(), default=math.nan)
