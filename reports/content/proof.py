"""What shows that trials did the same work: equal digests, nearly equal first losses."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import pandas as pd

from bench.records.results import Record
from reports.ranking.comparisons import Comparison
from reports.ranking.rows import Row
from reports.statistics.quantiles import compute_relative_difference
from reports.text import titles, units
from reports.text.markup import build_text_table

SHORT = 12
DIFFERENCE = "Largest relative difference"

Labeled = Sequence[tuple[str, Record]]
# By what was digested and by the digest: the labels of the trials that had it.
Digests = Mapping[str, Mapping[str, list[str]]]


@dataclass(frozen=True)
class Proof:
    """What the trials of one comparison and seed had in common.

    Attributes:
        words: sentences on the digests and the losses.
        same: whether every digest is equal over the trials that have one.
        digests: every digest in full with the rows that had it, as text.
        losses: a row per step, a column per row of the comparison, and `DIFFERENCE`.
    """

    seed: int
    words: tuple[str, ...]
    same: bool
    digests: pd.DataFrame
    losses: pd.DataFrame


def find_proofs(comparison: Comparison) -> tuple[Proof, ...]:
    """One proof per seed, since another seed is other weights and another order."""
    seeds: dict[int, list[tuple[str, Record]]] = defaultdict(list)
    for row in comparison.rows:
        name = _name(comparison, row)
        for record in row.records:
            seeds[record.trial.seed].append((name, record))
    return tuple(_proof(seed, seeds[seed]) for seed in sorted(seeds))


def _name(comparison: Comparison, row: Row) -> str:
    key = row.key
    if len({other.key.settings for other in comparison.rows}) > 1:
        return row.label
    return ", ".join((key.product, key.mode, *key.variants))


def _proof(seed: int, trials: Labeled) -> Proof:
    digests = _digests(trials)
    losses = collect_first_losses(trials)
    return Proof(
        seed=seed,
        words=(*_digest_words(digests, len(trials)), _loss_words(losses)),
        same=all(len(holders) == 1 for holders in digests.values()),
        digests=_digest_table(digests),
        losses=losses,
    )


def _digests(trials: Labeled) -> Digests:
    digests: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for label, record in trials:
        for name, digest in record.digests.items():
            digests[name][digest].append(label)
    return digests


def _digest_words(digests: Digests, trials: int) -> list[str]:
    if not digests:
        return ["No trial read its inputs, so there are no digests to compare."]
    counts = {name: sum(map(len, holders.values())) for name, holders in digests.items()}
    words = [_equal_words(equal, count, trials) for count, equal in _equal(digests, counts)]
    words += [
        _unequal_words(name, holders) for name, holders in digests.items() if len(holders) > 1
    ]
    missing = trials - max(counts.values())
    if missing:
        words.append(
            f"{titles.format_count(missing, 'other trial')} ended before reading its inputs."
        )
    return words


def _equal(digests: Digests, counts: Mapping[str, int]) -> list[tuple[int, dict[str, str]]]:
    """The digests that are equal, by how many trials have them, most first."""
    groups: dict[int, dict[str, str]] = defaultdict(dict)
    for name, holders in digests.items():
        if len(holders) == 1:
            groups[counts[name]][name] = next(iter(holders))
    return sorted(groups.items(), reverse=True)


def _equal_words(equal: Mapping[str, str], holders: int, trials: int) -> str:
    same = titles.join_words(
        [f"{titles.describe_digest(name)} {_short(equal[name])}" for name in equal]
    )
    if holders == 1:
        return f"Only one trial reported its {same}; there is nothing to compare it with."
    everyone = "Both" if holders == 2 else f"All {holders}"
    which = "of this comparison" if holders == trials else "that read their inputs"
    return f"{everyone} trials {which} had the same {same}."


def _unequal_words(name: str, holders: Mapping[str, list[str]]) -> str:
    ordered = sorted(holders.items(), key=lambda item: len(item[1]))
    groups = [
        f"{titles.join_words(list(dict.fromkeys(labels)))} {_short(digest)}"
        for digest, labels in ordered
    ]
    lead = f"The {titles.describe_digest(name)} were NOT the same in all trials:"
    alone = len(ordered) == 2 and len(ordered[0][1]) == 1 < len(ordered[1][1])
    return f"{lead}{' the odd one out is' if alone else ''} {'; '.join(groups)}."


def _short(digest: str) -> str:
    return f"(sha256 {digest[:SHORT]}…)"


def _digest_table(digests: Digests) -> pd.DataFrame:
    rows = (
        (titles.describe_digest(name), (digest, "; ".join(dict.fromkeys(labels))))
        for name, holders in digests.items()
        for digest, labels in holders.items()
    )
    return build_text_table(rows, ("SHA-256", "Trials"))


def collect_first_losses(trials: Labeled) -> pd.DataFrame:
    """The loss of each first step: a column per label, then the difference over ALL its trials.

    Of a label's repeats, the first that has losses is shown.
    """
    recorded = [(label, record.losses) for label, record in trials if record.losses]
    first = dict(reversed(recorded))
    by_step = list(zip_longest(*(losses for _, losses in recorded), fillvalue=math.nan))
    columns = {
        label: [*first[label], *[math.nan] * (len(by_step) - len(first[label]))]
        for label in dict.fromkeys(label for label, _ in recorded)
    }
    differences = [compute_relative_difference(values) for values in by_step]
    index = [str(step + 1) for step in range(len(by_step))]
    return pd.DataFrame(columns | {DIFFERENCE: differences}, index=index, dtype=float)


def format_losses(losses: pd.DataFrame) -> pd.DataFrame:
    """First losses with the digits that float32 carries."""
    text = losses.drop(columns=DIFFERENCE).map(units.format_loss)
    text[DIFFERENCE] = losses[DIFFERENCE].map(units.format_difference)
    return text


def _loss_words(losses: pd.DataFrame) -> str:
    if not len(losses):
        return "No trial recorded a loss."
    worst = float(losses[DIFFERENCE].max())
    if math.isnan(worst):
        return "Only one trial recorded its first losses, so there is nothing to compare them with."
    first = f"Over the first {titles.format_count(len(losses), 'step')}"
    if not worst:
        return f"{first}, all losses are equal to the bit."
    step = int(losses[DIFFERENCE].argmax()) + 1
    return (
        f"{first}, the losses of any two trials differ by at most "
        f"{units.format_difference(worst)} of their value (at step {step})."
    )
