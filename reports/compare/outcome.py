"""What comparing BASE with HEAD came to: a verdict for each metric of each trial, one for all."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bench.errors import ResultsError
from reports.compare.effects import FALSE_ALARMS, Effect, Verdict, judge, measure_effect
from reports.compare.pairing import Member, Pairing, RowPair, describe_differences, pair_up
from reports.compare.sides import Side
from reports.ranking.metrics import METRICS, Metric
from reports.text import titles

LEAST = 0.01
MOST_NAMED = 3
NOT_AGAIN = "it looked different in the first run, but not in the second"
NOT_RUN_AGAIN = "it looked different, but was not run again"
Overall = Literal["regression", "improvement", "no difference", "cannot tell"]


@dataclass(frozen=True)
class ComparedTrial:
    """One trial on both sides.

    Attributes:
        broken: what is worse than slow, in a few words; empty where nothing is.
        effects: its metrics that either side has values for.
    """

    pair: RowPair
    broken: str
    effects: tuple[Effect, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst that is known of it."""
        if self.broken:
            return "worse"
        verdicts = {effect.verdict for effect in self.effects}
        order: tuple[Verdict, ...] = ("worse", "better", "cannot tell", "same")
        return next((verdict for verdict in order if verdict in verdicts), "cannot tell")


@dataclass(frozen=True)
class CompareResult:
    """What comparing BASE with HEAD came to.

    Attributes:
        least: relative differences up to this are none worth telling.
        false_alarms: the chance of any in a metric, if nothing changed.
        again: a second run of what looked different, where there was one.
    """

    base: Side
    head: Side
    pairing: Pairing
    trials: tuple[ComparedTrial, ...]
    metrics: tuple[Metric, ...]
    least: float
    false_alarms: float
    again: "CompareResult | None" = None

    @property
    def overall(self) -> Overall:
        """A regression if there is one, whatever else there is."""
        verdicts = {trial.verdict for trial in self.trials}
        if "worse" in verdicts:
            return "regression"
        if "better" in verdicts:
            return "improvement"
        able = any(effect.able for trial in self.trials for effect in trial.effects)
        return "no difference" if able else "cannot tell"

    @property
    def altered(self) -> dict[str, tuple[str, ...]]:
        """What of either side's records is not as it was written; of the second run's too."""
        first = {side.name: side.alterations for side in (self.base, self.head) if side.alterations}
        second = self.again.altered if self.again else {}
        return first | {f"{name} again": lines for name, lines in second.items()}

    @property
    def problems(self) -> tuple[str, ...]:
        """What in either side's files is not in the records."""
        return tuple(
            f"{side.name}: {line}" for side in (self.base, self.head) for line in side.problems
        )

    @property
    def changed(self) -> list[tuple[ComparedTrial, list[Effect]]]:
        """The trials that changed, the worst first, each with its effects that did."""
        trials = (*self.select_trials("worse"), *self.select_trials("better"))
        return [
            (trial, [effect for effect in trial.effects if effect.verdict in ("worse", "better")])
            for trial in trials
        ]

    def select_trials(self, verdict: Verdict) -> list[ComparedTrial]:
        """The trials with this verdict, those that changed most first."""
        trials = [trial for trial in self.trials if trial.verdict == verdict]
        return sorted(trials, key=lambda trial: -_largest(trial, verdict))


def compare_sides(
    base: Side,
    head: Side,
    metrics: Sequence[Metric] = METRICS,
    across: Collection[str] = (),
    least: float = LEAST,
    false_alarms: float = FALSE_ALARMS,
) -> CompareResult:
    """What changed from BASE to HEAD.

    Args:
        across: what the sides may differ in, names out of `reports.compare.pairing.ACROSS`.
        least: a relative difference that is none worth telling.
        false_alarms: the chance of any in a metric, if nothing changed.

    Raises:
        ResultsError: no trial is on both sides, or a side has several that could be meant.
    """
    pairing = pair_up(base.records, head.records, across)
    if not pairing.pairs:
        raise ResultsError(_nothing_in_common(pairing))
    effects: list[list[Effect]] = [[] for _ in pairing.pairs]
    # One metric at a time: they are different questions, each with its own family.
    for metric in metrics:
        measured = [measure_effect(metric, pair.base.row, pair.head.row) for pair in pairing.pairs]
        present = [(own, effect) for own, effect in zip(effects, measured, strict=True) if effect]
        judged = judge([effect for _, effect in present], least, false_alarms)
        for (own, _), effect in zip(present, judged, strict=True):
            own.append(effect)
    trials = tuple(
        ComparedTrial(pair, _broken(pair), tuple(own))
        for pair, own in zip(pairing.pairs, effects, strict=True)
    )
    return CompareResult(base, head, pairing, trials, tuple(metrics), least, false_alarms)


def confirm(first: CompareResult, second: CompareResult) -> CompareResult:
    """The first outcome with what the second one shows too: the same metric, in the same direction.

    One look at many trials finds little, or cries wolf. Two looks that both have to agree find more
    with as few false alarms: the first one suspects easily, and the second one, which has few
    trials to look at, is strict. It is judged by its own invocations alone, so that what raised a
    suspicion is no part of the evidence. What a trial no longer does counts if it does not do it in
    the second run either.
    """
    again = {trial.pair.name: trial for trial in second.trials}
    trials = tuple(_confirm_trial(trial, again.get(trial.pair.name)) for trial in first.trials)
    return replace(first, trials=trials, again=second)


def _confirm_trial(first: ComparedTrial, second: ComparedTrial | None) -> ComparedTrial:
    repeated = {effect.metric: effect for effect in second.effects} if second else {}
    return replace(
        first,
        broken=first.broken if second is None or second.broken else "",
        effects=tuple(
            _confirm_effect(effect, repeated.get(effect.metric)) for effect in first.effects
        ),
    )


def _confirm_effect(first: Effect, second: Effect | None) -> Effect:
    if first.verdict not in ("better", "worse"):
        return first
    if second is not None and second.verdict == first.verdict:
        return replace(first, again=second)
    reason = NOT_RUN_AGAIN if second is None else NOT_AGAIN
    return replace(first, verdict="cannot tell", reason=reason, again=second)


def _largest(trial: ComparedTrial, verdict: Verdict) -> float:
    return max(
        (abs(effect.ratio.median - 1) for effect in trial.effects if effect.verdict == verdict),
        default=1e9,
    )


def _broken(pair: RowPair) -> str:
    base, head = pair.base.row, pair.head.row
    if base.finished and not head.finished:
        return f"it no longer finishes ({head.outcome})"
    if base.unverified is None and head.unverified is not None:
        return f"it is no longer verified ({head.unverified})"
    return ""


def _nothing_in_common(pairing: Pairing) -> str:
    if pairing.differing:
        names = dict.fromkeys(name for parts in pairing.differing.values() for name in parts)
        options = " ".join(f"--across {name}" for name in names)
        differences = describe_differences(names)
        return (
            f"BASE and HEAD have no trial in common: they differ in {differences}; expected the "
            f"same, since another {differences} is another measurement; compare them nevertheless "
            f"with {options}."
        )
    return (
        f"BASE and HEAD have no trial in common (BASE: {_some(pairing.only_base)}; HEAD: "
        f"{_some(pairing.only_head)}); expected the same model, data set and framework on both "
        "sides; name other runs."
    )


def _some(members: Sequence[Member]) -> str:
    more = ["others"] if len(members) > MOST_NAMED else []
    return titles.join_words([member.series for member in members[:MOST_NAMED]] + more)
