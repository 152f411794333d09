"""Two looks of which both have to agree."""

from dataclasses import replace
from typing import Any

import pytest

from bench.records.parts import Memory
from bench.records.results import Record
from reports.compare import rendering, sentences
from reports.compare.document import to_json
from reports.compare.outcome import NOT_AGAIN, NOT_RUN_AGAIN, CompareResult, confirm
from tests.reports.compare.conftest import make_side, outcome_of
from tests.reports.conftest import make_failure

BASE = [*make_side("pytorch", 100.0), *make_side("mxnet", 100.0)]


def head(pytorch: float, mxnet: float, **changes: Any) -> list[Record]:
    return [*make_side("pytorch", pytorch, **changes), *make_side("mxnet", mxnet, **changes)]


def verdicts(outcome: CompareResult) -> dict[str, str]:
    return {
        trial.pair.head.row.key.framework: next(
            one.verdict for one in trial.effects if one.metric.name == "throughput"
        )
        for trial in outcome.trials
    }


def test_what_is_slower_twice_is_a_regression() -> None:
    first = outcome_of(BASE, head(80.0, 120.0), false_alarms=0.3)
    second = outcome_of(BASE, head(82.0, 118.0, seed=2), false_alarms=0.03)

    found = confirm(first, second)

    assert found.overall == "regression"
    assert verdicts(found) == {"pytorch": "worse", "mxnet": "better"}
    (worse, better) = sentences.list_changes(found)
    minus = "\N{MINUS SIGN}"
    assert f"slower; in the second run: {minus}" in worse
    assert "faster; in the second run: +" in better
    assert (
        "counts only if the second run's own invocations show it again"
        in sentences.explain_method(found)
    )
    assert "there, that chance is 3%." in sentences.explain_method(found)


def test_what_is_slower_once_is_none() -> None:
    first = outcome_of(BASE, head(90.0, 100.0))
    second = outcome_of(BASE, head(100.0, 100.0))
    assert first.overall == "regression"

    found = confirm(first, second)

    assert found.overall == "no difference"
    assert verdicts(found)["pytorch"] == "cannot tell"
    throughput = found.metrics[0]
    (why,) = rendering.build_metric_tables(found)[throughput]["Why"].filter(like="pytorch")
    assert why.startswith(f"{NOT_AGAIN}; second run: ")
    assert NOT_AGAIN in to_json(found)


def test_slower_and_then_faster_is_noise() -> None:
    first = outcome_of(BASE, head(90.0, 100.0))
    second = outcome_of(BASE, head(110.0, 100.0))

    assert confirm(first, second).overall == "no difference"


def test_another_metric_confirms_nothing() -> None:
    first = outcome_of(BASE, head(90.0, 100.0))
    memory = [
        replace(one, memory=Memory(peak_anonymous_bytes=10**9 + 1000 * place))
        for place, one in enumerate(head(100.0, 100.0))
    ]
    second = outcome_of(BASE, memory)
    assert second.overall == "regression"

    assert confirm(first, second).overall == "no difference"


def test_what_was_not_run_again_is_told() -> None:
    first = outcome_of(BASE, head(90.0, 90.0))
    second = outcome_of(BASE, make_side("pytorch", 90.0))

    found = confirm(first, second)

    assert verdicts(found) == {"pytorch": "worse", "mxnet": "cannot tell"}
    reasons = {one.reason for trial in found.trials for one in trial.effects}
    assert NOT_RUN_AGAIN in reasons


@pytest.mark.parametrize(("again", "overall"), [(True, "regression"), (False, "no difference")])
def test_what_no_longer_finishes_counts_if_it_does_not_again(again: bool, overall: str) -> None:
    broken = [*make_side("pytorch", 100.0), make_failure("mxnet", status="timeout")]
    first = outcome_of(BASE, broken)
    second = outcome_of(BASE, broken if again else BASE)

    assert confirm(first, second).overall == overall
