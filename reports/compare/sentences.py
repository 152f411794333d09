"""What was found between BASE and HEAD, in plain English."""

import math

from reports.compare.effects import Effect
from reports.compare.outcome import CompareResult
from reports.compare.pairing import describe_differences
from reports.ranking.machines import find_machines
from reports.text import titles, units

MOST_NAMED = 5
MOST_DIFFERENCES = 3


def write_headline(outcome: CompareResult) -> str:
    """One line: what changed, or that nothing did as far as this can tell."""
    worse, better = outcome.select_trials("worse"), outcome.select_trials("better")
    count = titles.format_count(len(outcome.trials), "trial")
    parts = [
        f"{len(trials)} {'is' if len(trials) == 1 else 'are'} {word}"
        for trials, word in ((worse, "worse"), (better, "better"))
        if trials
    ]
    if parts:
        return f"{outcome.overall.capitalize()}: of {count} {titles.join_words(parts)}."
    if outcome.overall == "cannot tell":
        effects = (effect for trial in outcome.trials for effect in trial.effects)
        reasons = dict.fromkeys(effect.reason for effect in effects if effect.reason)
        return f"Cannot tell: {'; '.join(reasons)}."
    least = f"{units.format_share(outcome.least)}%"
    return f"No difference: in {count}, these invocations show none above {least}."


def describe_verdict(effect: Effect, least: float) -> str:
    """The verdict in two or three words."""
    if effect.verdict == "same":
        return f"same within {units.format_share(least)}%"
    if effect.verdict == "cannot tell":
        return effect.verdict
    more = (effect.verdict == "better") == effect.metric.bigger_is_better
    return effect.metric.more if more else effect.metric.less


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
    """Write how probable such a difference is by chance."""
    if math.isnan(effect.probability):
        return units.ABSENT
    return "< 0.0001" if effect.probability < 0.0001 else f"{effect.probability:.2g}"


def list_changes(outcome: CompareResult) -> list[str]:
    """A line for each thing that changed, the worst first."""
    lines = []
    for trial, effects in outcome.changed:
        if trial.broken:
            lines.append(f"{trial.pair.name}: {trial.broken}")
        lines += [
            f"{trial.pair.name}: {effect.metric.title.lower()} {describe_change(effect)}: "
            f"{describe_verdict(effect, outcome.least)}"
            + (f"; in the second run: {describe_change(effect.again)}" if effect.again else "")
            for effect in effects
        ]
    return lines


def list_left_out(outcome: CompareResult) -> list[str]:
    """What changed on the machine, what one side has alone, and what that differs in."""
    machines = find_machines((*outcome.base.records, *outcome.head.records))
    lines = [
        f"The machine changed since the first trials ({machine.changes}): a difference may come "
        "from that."
        for machine in machines
        if machine.changes
    ]
    for side, members in (("BASE", outcome.pairing.only_base), ("HEAD", outcome.pairing.only_head)):
        if not members:
            continue
        names = [member.series for member in members[:MOST_NAMED]]
        names += [f"{len(members) - MOST_NAMED} more"] if len(members) > MOST_NAMED else []
        lines.append(f"Only {side} has {titles.join_words(names)}.")
    differing = sorted(set(outcome.pairing.differing.values()), key=len)[:MOST_DIFFERENCES]
    lines += [
        "Some of them differ from the most similar trial of the other side in "
        f"{describe_differences(names)}. To compare them nevertheless, add "
        f"{' '.join(f'--across {name}' for name in names)}."
        for names in differing
    ]
    return lines


def explain_method(outcome: CompareResult) -> str:
    """How it was found, for somebody who doubts it."""
    return (
        "The change is the ratio of the medians over invocations. Its 95% interval is a bootstrap "
        "of the invocations and of the blocks in them. The exact test of Mann and Whitney decides "
        f"whether there is a difference. {_of_pairs(outcome)}The probabilities are adjusted for "
        "all trials of a metric (Benjamini and Hochberg): if nothing changed, the chance of any "
        f"false alarm in a metric is {outcome.false_alarms:.0%}. {_of_again(outcome)}Differences "
        f"of up to {units.format_share(outcome.least)}% count as none."
    )


def _of_again(outcome: CompareResult) -> str:
    if outcome.again is None:
        return ""
    return (
        "What looked different was run a second time by itself. It counts only if the second "
        "run's own invocations show it again, in the same metric and direction; there, that "
        f"chance is {outcome.again.false_alarms:.0%}. "
    )


def _of_pairs(outcome: CompareResult) -> str:
    if not any(effect.pairs for trial in outcome.trials for effect in trial.effects):
        return ""
    return (
        "Throughput was measured in turns, block by block. There, the change is a trimmed mean of "
        "the ratios of neighboring blocks, and the signed-rank test of Wilcoxon over pairs of "
        "invocations decides. "
    )
