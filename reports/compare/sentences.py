"""What was found between BASE and HEAD, in plain English."""

import math

from reports.compare.effects import Effect
from reports.compare.outcome import ComparedTrial, CompareResult
from reports.compare.pairing import describe_differences
from reports.text import titles, units

MOST_NAMED = 5
MOST_DIFFERENCES = 3


def write_headline(outcome: CompareResult) -> str:
    """One line: what changed, or that nothing did as far as this can tell."""
    worse, better = outcome.select_trials("worse"), outcome.select_trials("better")
    count = titles.format_count(len(outcome.trials), "trial")
    parts = [
        f"{len(trials)} {_are(trials)} {word}"
        for trials, word in ((worse, "worse"), (better, "better"))
        if trials
    ]
    if parts:
        return f"{outcome.overall.capitalize()}: of {count} {titles.join_words(parts)}."
    if outcome.overall == "cannot tell":
        return f"Cannot tell: {_reasons(outcome)}."
    least = f"{units.format_share(outcome.least)}%"
    return (
        f"No difference: in none of {count} is there one above {least} that these invocations can "
        "show."
    )


def _are(trials: list[ComparedTrial]) -> str:
    return "is" if len(trials) == 1 else "are"


def _reasons(outcome: CompareResult) -> str:
    reasons = dict.fromkeys(
        effect.reason for trial in outcome.trials for effect in trial.effects if effect.reason
    )
    return "; ".join(reasons)


def describe_verdict(effect: Effect, least: float) -> str:
    """The verdict in two or three words."""
    if effect.verdict == "same":
        return f"same within {units.format_share(least)}%"
    words = {"better": effect.metric.better, "worse": effect.metric.worse}
    return words.get(effect.verdict, effect.verdict)


def describe_change(effect: Effect) -> str:
    """By how much HEAD differs, with the interval: -5.2% (-7.4% to -3.1%)."""
    if math.isnan(effect.ratio.median):
        return units.ABSENT
    middle = _percent(effect.ratio.median)
    if not effect.ratio.exists:
        return middle
    return f"{middle} ({_percent(effect.ratio.low)} to {_percent(effect.ratio.high)})"


def _percent(ratio: float) -> str:
    return f"{100 * (ratio - 1):+.1f}%".replace("-", "\N{MINUS SIGN}")


def format_probability(effect: Effect) -> str:
    """Of such a difference by chance."""
    if math.isnan(effect.probability):
        return units.ABSENT
    return "< 0.0001" if effect.probability < 0.0001 else f"{effect.probability:.2g}"


def list_changes(outcome: CompareResult) -> list[str]:
    """A line for each thing that changed, the worst first."""
    lines = []
    for trial in (*outcome.select_trials("worse"), *outcome.select_trials("better")):
        if trial.broken:
            lines.append(f"{trial.pair.name}: {trial.broken}")
        lines += [
            f"{trial.pair.name}: {effect.metric.title.lower()} {describe_change(effect)}: "
            f"{describe_verdict(effect, outcome.least)}{_again(effect)}"
            for effect in trial.effects
            if effect.verdict in ("worse", "better")
        ]
    return lines


def _again(effect: Effect) -> str:
    return (
        f"; again, when it was run again: {describe_change(effect.again)}" if effect.again else ""
    )


def list_left_out(outcome: CompareResult) -> list[str]:
    """What is on one side only, and what its nearest partner differs in."""
    lines = []
    for side, members in (("BASE", outcome.pairing.only_base), ("HEAD", outcome.pairing.only_head)):
        if not members:
            continue
        names = [member.series for member in members[:MOST_NAMED]]
        names += [f"{len(members) - MOST_NAMED} more"] if len(members) > MOST_NAMED else []
        lines.append(f"Only {side} has {titles.join_words(names)}.")
    differing = sorted(set(outcome.pairing.differing.values()), key=len)[:MOST_DIFFERENCES]
    lines += [
        f"Some of them differ from their nearest partner in {describe_differences(names)}; "
        f"{' '.join(f'--across {name}' for name in names)} compares them nevertheless."
        for names in differing
    ]
    return lines


def explain_method(outcome: CompareResult) -> str:
    """How it was found, for somebody who doubts it."""
    return (
        "Change is the ratio of the medians over invocations, with a 95% interval by a bootstrap "
        "of invocations and of the blocks in them. Whether there is a difference is asked by the "
        f"exact test of Mann and Whitney. {_of_pairs(outcome)}Probabilities are adjusted for all "
        "trials of a metric (Benjamini and Hochberg): if nothing changed, the chance of any false "
        f"alarm in a metric is {outcome.false_alarms:.0%}. {_of_again(outcome)}Differences of up "
        f"to {units.format_share(outcome.least)}% are none."
    )


def _of_again(outcome: CompareResult) -> str:
    if outcome.again is None:
        return ""
    return (
        "What looked different was run again by itself, and counts only if it is so again, in the "
        "same metric and direction, by those invocations alone: there, that chance is "
        f"{outcome.again.false_alarms:.0%}. "
    )


def _of_pairs(outcome: CompareResult) -> str:
    if not any(effect.pairs for trial in outcome.trials for effect in trial.effects):
        return ""
    return (
        "Throughput was measured in turns, block by block: there, change is a trimmed mean of the "
        "ratios of neighbouring blocks, and the test is the signed-rank test of Wilcoxon over "
        "pairs of invocations. "
    )
