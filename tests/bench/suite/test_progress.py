from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from bench.records.parts import Epoch, Load, Memory, TimedBlock, Times
from bench.suite.progress import show_progress, summarize
from tests.bench.records.test_results import RECORD

EPOCH = {"event": "epoch", "train_loss": 0.25, "test_accuracy": 0.5}


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_drawn_on_a_terminal_now_and_then(terminal: bool) -> None:
    now = 0.0
    output = StringIO()
    console = Console(file=output, force_terminal=terminal, width=80, color_system=None)
    trial = replace(RECORD.trial, epochs=4)
    with show_progress(trial, console, clock=lambda: now) as show:
        show({"event": "block"})
        show(EPOCH)  # too soon to be drawn
        now = 1.0
        show(EPOCH)
        drawn = output.getvalue()
    if terminal:
        assert "epoch 2/4 loss 0.2500, accuracy 0.500" in drawn
        assert "epoch 1/4" not in drawn
    else:
        assert drawn == ""


FINISHED = replace(
    RECORD,
    framework_version="2.0",
    seconds=Times(first_step_seconds=0.25, process_seconds=3.0),
    # 320, 160 and 640 samples/s: the median is 320.
    blocks=(
        TimedBlock(1, 32, 9.0, True),
        *(TimedBlock(1, 32, seconds, False) for seconds in (0.1, 0.2, 0.05)),
    ),
    epochs=(Epoch(1, 1, 0.9, 1, 1, 1), Epoch(1, 1, 0.75, 1, 1, 2)),
    memory=Memory(peak_resident_bytes=300 * 2**20),
    load=Load(other_share=0.01),
)


def test_a_finished_trial_is_summed_up_in_one_line() -> None:
    assert summarize(FINISHED) == (
        "lenet digits pytorch eager (2.0): test accuracy 0.7500, 320 samples/s (median of 3 "
        "blocks), first step 0.25 s, peak 300 MiB, 3.0 s in all"
    )


def test_other_load_and_an_odd_end_are_told() -> None:
    line = summarize(replace(FINISHED, load=Load(other_share=0.4), reason="It finished; then: X."))
    assert "DOUBTFUL: other programs took 40% of the processors" in line
    assert line.endswith("It finished; then: X.")


def test_a_trial_that_is_not_ok_shows_its_reason() -> None:
    failed = replace(FINISHED, status="failed", reason="It broke.")
    assert summarize(failed) == "lenet digits pytorch eager: failed: It broke."
