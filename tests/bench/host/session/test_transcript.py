import pytest
from msgspec import to_builtins

from bench.host.process.outcome import WorkerOutcome
from bench.host.session.transcript import Transcript
from bench.records.parts import Epoch, TimedBlock

FINE = WorkerOutcome(failure=None, status=None, seconds=1.0, log_tail="")
EVENTS: list[dict[str, object]] = [
    {
        "event": "imported",
        "seconds": 1.5,
        "framework_version": "9",
        "versions": {"x": "1"},
        "memory": {"resident_bytes": 10, "anonymous_bytes": 4},
    },
    {"event": "inputs", "seconds": 0.1, "digests": {"weights": "w"}},
    {"event": "built", "seconds": 0.2, "parameters": 7, "memory": {"allocator_bytes": 2}},
    {"event": "first_step", "seconds": 0.3},
    {
        "event": "block",
        "steps": 1,
        "samples": 4,
        "seconds": 0.3,
        "device_seconds": None,
        "warmup": True,
        "losses": [2.0],
    },
    {
        "event": "block",
        "steps": 2,
        "samples": 8,
        "seconds": 0.1,
        "device_seconds": 0.09,
        "warmup": False,
        "losses": [],
    },
    {
        "event": "epoch",
        "number": 1,
        "train_loss": 2.0,
        "test_loss": 1.0,
        "test_accuracy": 0.5,
        "seconds": 0.4,
        "evaluation_seconds": 0.05,
    },
    {
        "event": "finished",
        "memory": {"resident_bytes": 30, "anonymous_bytes": 9, "allocator_peak_bytes": 5},
        "absent": {"allocator_reserved_bytes": "It does not tell."},
    },
]


def told(*events: dict[str, object]) -> Transcript:
    transcript = Transcript()
    for event in events:
        transcript.add(event)
    return transcript


def test_events_become_the_fields_of_a_record() -> None:
    fields = told(*EVENTS).to_fields()
    assert fields["framework_version"] == "9"
    assert to_builtins(fields["seconds"]) == {
        "import": 1.5,
        "inputs": 0.1,
        "build": 0.2,
        "first_step": 0.3,
        "evaluation": 0.05,
    }
    assert fields["blocks"] == (TimedBlock(1, 4, 0.3, True), TimedBlock(2, 8, 0.1, False, 0.09))
    assert fields["steady"] == "too few blocks"
    assert fields["epochs"] == (Epoch(2.0, 1.0, 0.5, 0.4, 0.05, 1),)
    assert fields["losses"] == (2.0,)
    assert fields["parameters"] == 7
    assert to_builtins(fields["memory"]) == {
        "resident_after_import_bytes": 10,
        "anonymous_after_import_bytes": 4,
        "allocator_after_build_bytes": 2,
        "peak_resident_bytes": 30,
        "anonymous_at_end_bytes": 9,
        "allocator_peak_bytes": 5,
    }
    assert fields["absent"] == {"allocator_reserved_bytes": "It does not tell."}


def block(seconds: float, warmup: bool = False) -> dict[str, object]:
    values: dict[str, object] = {
        "steps": 2,
        "samples": 8,
        "seconds": seconds,
        "device_seconds": None,
        "losses": [],
    }
    return {"event": "block", "warmup": warmup, **values}


def test_blocks_before_the_steady_state_are_marked_and_kept() -> None:
    growing = [block(9.0, warmup=True), block(5.0, warmup=True)]
    slow, steady = [block(0.4)] * 4, [block(0.2), block(0.201)] * 10
    fields = told(*EVENTS[:4], *growing, *slow, *steady).to_fields()
    assert fields["steady"] == "steady after warm-up"
    assert [one.warmup for one in fields["blocks"]] == [True] * 6 + [False] * 20


@pytest.mark.parametrize(
    ("transcript", "outcome", "status", "words"),
    [
        (told(*EVENTS), FINE, "ok", None),
        (told(*EVENTS[:5]), FINE, "no result", "did not say that it had finished"),
        (told({"event": "error", "reason": "It broke."}), FINE, "failed", "It broke."),
        (
            told({"event": "error", "reason": "The loss is nan.", "diverged": True}),
            FINE,
            "diverged",
            "The loss is nan.",
        ),
        (
            told({"event": "error", "reason": "It is full.", "out_of_memory": True}),
            FINE,
            "out of memory",
            "It is full.",
        ),
        (
            told(*EVENTS[:3]),
            WorkerOutcome("Ended by SIGABRT.", "crashed", 1, "what():  std::bad_alloc"),
            "out of memory",
            "SIGABRT. Its last words: what():  std::bad_alloc",
        ),
        (
            told(),
            # MXNet catches the signal, and ends by itself.
            WorkerOutcome("Status 255.", "failed", 1, "a\nSegmentation fault: 11"),
            "crashed",
            "Status 255.",
        ),
        (
            told(),
            WorkerOutcome("Status 1.", "failed", 1, "a\nMemoryError"),
            "out of memory",
            "MemoryError",
        ),
        (
            told(),
            WorkerOutcome("Exit status 1.", "failed", 1, "a\nlast"),
            "failed",
            "1. Its last words: last",
        ),
        (
            told(*EVENTS[:5]),
            WorkerOutcome("Stopped after 60 s.", "timeout", 9, "no\nout of memory"),
            "timeout",
            "Stopped after 60 s. Raise the plan's time_limit_seconds",
        ),
        (
            told(),
            WorkerOutcome("Stopped.", "silent", 9, ""),
            "silent",
            "the plan's silence_limit_seconds",
        ),
        (
            told(),
            WorkerOutcome("Killed by the kernel.", "out of memory", 9, "x"),
            "out of memory",
            "Killed by the kernel. Its last words: x",
        ),
        (
            told(),
            WorkerOutcome("Ended by SIGSEGV.", "crashed", 9, ""),
            "crashed",
            "Ended by SIGSEGV.",
        ),
        (
            told(*EVENTS),
            WorkerOutcome("Ended by SIGSEGV.", "crashed", 9, ""),
            "ok",
            "then: Ended by SIGSEGV.",
        ),
        (told(*EVENTS[:5]), WorkerOutcome("No event: b'x'.", "garbled", 9, ""), "garbled", "b'x'"),
    ],
)
def test_the_verdict(
    transcript: Transcript, outcome: WorkerOutcome, status: str, words: str | None
) -> None:
    found, reason = transcript.conclude(outcome)
    assert found == status
    assert (reason is None) if words is None else (words in str(reason))


@pytest.mark.parametrize(
    "event",
    [
        {"event": "surprise"},
        {"event": "block"},
        {"event": "inputs", "seconds": "long", "digests": {}},
        {"event": "finished", "memory": [1], "absent": {}},
    ],
)
def test_an_event_outside_the_protocol_fails_the_trial(event: dict[str, object]) -> None:
    status, reason = told(*EVENTS, event).conclude(FINE)
    assert status == "garbled"
    assert f"{event['event']!r} is not as the protocol says" in str(reason)


def test_for_how_long_the_device_was_busy_is_the_median_over_the_measured_blocks() -> None:
    block = next(one for one in EVENTS if one["event"] == "block" and not one["warmup"])
    growing = {**block, "warmup": True, "pending_seconds": 9.0}
    measured = [{**block, "pending_seconds": seconds} for seconds in (0.5, 0.1, 0.3)]
    assert told(growing, *measured).to_fields()["seconds"].pending_seconds == 0.3
    older = told(block).to_fields()["seconds"]
    assert older.pending_seconds is None, "an older worker does not tell"
