"""A comparison as JSON, for programs; numbers in base units, NaN becomes null."""

import json
from typing import Any

from bench.records.lines import to_finite
from reports.compare import sentences
from reports.compare.effects import Effect
from reports.compare.outcome import ComparedTrial, CompareResult
from reports.compare.pairing import Member
from reports.compare.sides import Side
from reports.statistics.intervals import Interval

# Schema history:
# 1: first version.
SCHEMA = 1


def to_json(outcome: CompareResult) -> str:
    """The outcome, one line of JSON."""
    content = {
        "schema": SCHEMA,
        "overall": outcome.overall,
        "headline": sentences.write_headline(outcome),
        "base": _side(outcome.base),
        "head": _side(outcome.head),
        "least": outcome.least,
        "false_alarms": outcome.false_alarms,
        "trials": [_trial(trial) for trial in outcome.trials],
        "only_base": [member.series for member in outcome.pairing.only_base],
        "only_head": [member.series for member in outcome.pairing.only_head],
        "differing": outcome.pairing.differing,
    }
    return json.dumps(to_finite(content), allow_nan=False) + "\n"


def _side(side: Side) -> dict[str, Any]:
    return {
        "asked": side.request,
        "runs": list(dict.fromkeys(record.run for record in side.records)),
        "commits": side.commits,
        "problems": side.problems,
        "alterations": side.alterations,
    }


def _trial(trial: ComparedTrial) -> dict[str, Any]:
    return {
        "name": trial.pair.name,
        "base": _member(trial.pair.base),
        "head": _member(trial.pair.head),
        "verdict": trial.verdict,
        "broken": trial.broken or None,
        "metrics": {effect.metric.name: _effect(effect) for effect in trial.effects},
    }


def _member(member: Member) -> dict[str, Any]:
    return {
        "series": member.series,
        "version": member.row.key.version,
        "outcome": member.row.outcome,
    }


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "column": effect.metric.column,
        "bigger_is_better": effect.metric.bigger_is_better,
        "verdict": effect.verdict,
        "reason": effect.reason or None,
        "base": _interval(effect.base),
        "head": _interval(effect.head),
        "ratio": _interval(effect.ratio),
        "probability": effect.probability,
        "pairs": effect.pairs,
        "again": _effect(effect.again) if effect.again else None,
    }


def _interval(interval: Interval) -> dict[str, float]:
    return {
        "median": interval.median,
        "low": interval.low,
        "high": interval.high,
        "invocations": interval.count,
    }
