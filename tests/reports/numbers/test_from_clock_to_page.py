"""From a clock and a device that the test owns, through loop, transcript and file, to the page."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.host.process.outcome import WorkerOutcome
from bench.host.session.transcript import Transcript
from bench.optimizer import Optimizer
from bench.records.results import Record
from bench.worker.batches import Batches, PreparedFeed
from bench.worker.loop import Loop, Pacer
from reports.content.sentences import write_headline
from reports.content.tables import SPEED, make_sheet
from reports.page.report import render
from reports.ranking.comparisons import Comparison, compare
from reports.runs.loading import read_runs
from tests.bench.worker.test_loop import FakeBackend, FakeClock

MakeRecord = Callable[..., Record]
Save = Callable[[Path, Sequence[Record]], Path]

EPOCHS, STEPS, BATCH_SIZE = 40, 10, 4
MEMORY = {"resident_bytes": 2**20, "anonymous_bytes": 2**19}
FINE = WorkerOutcome(failure=None, status=None, seconds=1.0, log_tail="")


class NoisyBackend(FakeBackend):
    """Steps differ by 3 % from one another, and invocations by 0.5 %."""

    def __init__(self, clock: FakeClock, seconds_per_step: float, invocation: int) -> None:
        self.random = np.random.default_rng(invocation)
        super().__init__(clock, seconds_per_step * self.random.normal(1, 0.005))

    def step(self, inputs: np.ndarray, labels: np.ndarray) -> float:
        self.pending += self.seconds_per_step * self.random.normal(0, 0.03)
        return super().step(inputs, labels)


def trained(seconds_per_step: float, invocation: int) -> Transcript:
    """What the host has heard of a worker with such steps."""
    transcript = Transcript()

    def send(event: str, **values: Any) -> None:
        transcript.add({"event": event, **values})

    labels = np.arange(STEPS * BATCH_SIZE)
    images = np.arange(STEPS * BATCH_SIZE, dtype=np.float32)[:, None] * np.ones((1, 3), np.float32)
    order = np.tile(labels, EPOCHS).reshape(EPOCHS, STEPS, BATCH_SIZE)
    batches = Batches({}, order, images, labels, images[:8], labels[:8])
    backend = NoisyBackend(FakeClock(), seconds_per_step, invocation)
    send("imported", seconds=1.0, framework_version="1", versions={}, memory=MEMORY)
    send("inputs", seconds=0.1, digests={"weights": "w", "data": "d", "order": "o"})
    send("built", seconds=0.2, parameters=7, memory=MEMORY)
    Loop(
        backend,
        batches,
        PreparedFeed(backend, batches),
        Optimizer("sgd", 0.1),
        Pacer(5.0, batches.most_steps),
        send,
        EPOCHS,
        backend.clock,
    ).train()
    send("finished", memory=MEMORY, absent=backend.absent())
    return transcript


def invocations(
    record: MakeRecord, framework: str, seconds_per_step: float, numbers: Sequence[int]
) -> list[Record]:
    records = []
    for number in numbers:
        transcript = trained(seconds_per_step, number)
        status, reason = transcript.conclude(FINE)
        fields: Mapping[str, Any] = transcript.to_fields()
        records.append(
            record(framework, repeat=number, status=status, reason=reason, test_samples=8, **fields)
        )
    return records


def comparison_in(folder: Path) -> Comparison:
    """As the report reads it back from the file."""
    (comparison,) = compare(read_runs(folder).records)
    return comparison


@pytest.mark.parametrize("count", [3, 8])
def test_a_slowdown_of_a_fifth_shows_as_a_fifth(
    count: int, tmp_path: Path, record: MakeRecord, save: Save
) -> None:
    records = invocations(record, "pytorch", 1.0, range(1, count + 1))
    records += invocations(record, "mxnet", 1.2, range(101, 101 + count))
    folder = save(tmp_path / "run", records)

    comparison = comparison_in(folder)
    fast, slow = comparison.rows
    words = write_headline(comparison)
    found = re.fullmatch(
        r"PyTorch 1 \(eager\) is fastest at (\S+) \((\S+)\u2013(\S+)\) samples/s, (\S+)x "
        r"\((\S+)x\u2013(\S+)x\) the speed of MXNet 1 \(eager\)\.",
        words,
    )
    assert found, words
    rate, low, high, ratio, least, most = map(float, found.groups())
    assert ratio == pytest.approx(1.2, abs=0.02)
    assert 1.18 <= least <= 1.2 <= most <= 1.22
    # A step of 4 samples takes a second.
    assert rate == pytest.approx(4, rel=0.01)
    assert low <= 4.0 <= high
    # Now and then noise looks like a change of level: no state but "steady" for most.
    assert all(row.states["steady"] > count / 2 for row in (fast, slow))
    # 0.5 % between invocations; 3 % of each step are 1.3 % of a block of six.
    assert 0 < slow.noise_floor < 0.01
    assert 0.005 < slow.estimate("relative_block_iqr").median < 0.03

    sheet = make_sheet(comparison, SPEED)
    (cell,) = sheet.text.loc[["MXNet 1, eager, default"], "Ratio to fastest"]
    middle = float(cell.partition("x")[0])
    assert middle == pytest.approx(1 / 1.2, abs=0.015)
    page = render(read_runs(folder))
    assert cell in page
    assert words in page


def test_no_slowdown_shows_as_none(tmp_path: Path, record: MakeRecord, save: Save) -> None:
    records = invocations(record, "pytorch", 1.0, range(1, 9))
    records += invocations(record, "mxnet", 1.0, range(101, 109))

    words = write_headline(comparison_in(save(tmp_path / "run", records)))

    assert "this run cannot distinguish" in words
    assert "fastest" not in words
