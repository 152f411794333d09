"""What looked different in a first run, and what of it a second run of just that shows again.

One look at many trials finds little, or cries wolf. Two looks that both have to agree find more
with as few false alarms: the first one suspects easily, and the second one, which has few trials to
look at, is strict. It is judged by its own invocations alone, so that what raised a suspicion is no
part of the evidence.
"""

from dataclasses import replace

from reports.compare.effects import Effect
from reports.compare.outcome import ComparedTrial, CompareResult

NOT_AGAIN = "it looked different in the first run, but not in the second"
NOT_RUN_AGAIN = "it looked different, but was not run again"


def confirm(first: CompareResult, second: CompareResult) -> CompareResult:
    """The first outcome with what the second one shows too: the same metric, in the same direction.

    What a trial no longer does counts if it does not do it in the second run either.
    """
    again = {trial.pair.name: trial for trial in second.trials}
    trials = tuple(_trial(trial, again.get(trial.pair.name)) for trial in first.trials)
    return replace(first, trials=trials, again=second)


def _trial(first: ComparedTrial, second: ComparedTrial | None) -> ComparedTrial:
    repeated = {effect.metric: effect for effect in second.effects} if second else {}
    return replace(
        first,
        broken=first.broken if second is None or second.broken else "",
        effects=tuple(_effect(effect, repeated.get(effect.metric)) for effect in first.effects),
    )


def _effect(first: Effect, second: Effect | None) -> Effect:
    if first.verdict not in ("better", "worse"):
        return first
    if second is not None and second.verdict == first.verdict:
        return replace(first, again=second)
    reason = NOT_RUN_AGAIN if second is None else NOT_AGAIN
    return replace(first, verdict="cannot tell", reason=reason, again=second)
