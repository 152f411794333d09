"""The executor with real processes: small programs that end in every way a worker can."""

import os
import sys
import time
from pathlib import Path

import psutil
import pytest
from filelock import FileLock

from bench.host.process import conversation
from bench.host.process.conversation import Limits
from bench.host.process.executor import Executor, Invocation
from bench.host.process.outcome import Event, WorkerOutcome

PREAMBLE = """
import json, os, signal, subprocess, sys, time
channel = os.fdopen(int(sys.argv[1]), "w", buffering=1)
def send(event, **values): channel.write(json.dumps({"event": event, **values}) + "\\n")
job = sys.stdin.read()
"""


# The limit is set once the process has started, on a busy machine long after.
WAIT_FOR_LIMIT = """
import resource
while resource.getrlimit(resource.RLIMIT_DATA)[0] == resource.RLIM_INFINITY:
    time.sleep(0.01)
"""


def run(
    folder: Path,
    program: str,
    limit: float = 30,
    memory: int | None = None,
    silence: float | None = None,
) -> tuple[WorkerOutcome, list[Event]]:
    events: list[Event] = []
    invocation = Invocation(
        command=(sys.executable, "-c", PREAMBLE + program),
        environment={"ONLY": "this"},
        log=folder / "log",
        standard_input="the job",
        limits=Limits(limit, silence, memory),
    )
    return Executor().run(invocation, events.append), events


def test_events_come_in_order_and_prints_do_not_disturb_them(tmp_path: Path) -> None:
    program = """
print("hello from python"); os.write(1, b"raw bytes {not json}\\n")
send("one", job=job); print("words on stderr", file=sys.stderr); send("two", n=2)
"""
    outcome, events = run(tmp_path, program)
    assert events == [{"event": "one", "job": "the job"}, {"event": "two", "n": 2}]
    assert outcome.failure is None
    assert outcome.status is None
    assert outcome.seconds > 0
    log = (tmp_path / "log").read_text()
    assert {"hello from python", "raw bytes {not json}", "words on stderr"} <= set(log.splitlines())


@pytest.mark.skipif(sys.platform != "linux", reason="Limits of another process are Linux's.")
def test_what_goes_beyond_the_limit_of_memory_fails_in_the_worker(tmp_path: Path) -> None:
    program = """
def fits(mebibytes):
    try:
        return len(bytearray(mebibytes * 2**20)) > 0
    except MemoryError:
        return False
send("tried", small=fits(50), large=fits(400))
"""
    _, events = run(tmp_path, WAIT_FOR_LIMIT + program, memory=200 * 2**20)
    assert events == [{"event": "tried", "small": True, "large": False}]
    _, events = run(tmp_path, program)
    assert events == [{"event": "tried", "small": True, "large": True}]


def test_the_worker_sees_only_the_given_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_SECRET", "planted")
    _, events = run(tmp_path, 'send("env", names=sorted(os.environ))')
    assert "ONLY" in events[0]["names"]
    assert "A_SECRET" not in events[0]["names"]


@pytest.mark.parametrize(
    ("program", "failure", "status"),
    [
        ("sys.exit(3)", "exit status 3", "failed"),
        ("raise RuntimeError('boom')", "exit status 1", "failed"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV", "crashed"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL", "crashed"),
        ("os.kill(os.getpid(), signal.SIGRTMIN + 1)", "signal 35", "crashed"),
        ("os.abort()", "SIGABRT", "crashed"),
    ],
)
def test_how_it_ended_is_told(
    tmp_path: Path, program: str, failure: str, status: str, memory_kills: FileLock
) -> None:
    with memory_kills:
        outcome, _ = run(tmp_path, f'send("one"); print("last words", flush=True)\n{program}')
    assert failure in str(outcome.failure)
    assert outcome.status == status
    assert "last words" in outcome.log_tail


def test_a_hang_is_stopped_at_the_limit_with_its_children(tmp_path: Path) -> None:
    program = """
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
send("child", pid=child.pid); time.sleep(600)
"""
    outcome, events = run(tmp_path, program, limit=5)
    assert outcome.status == "timeout"
    assert outcome.failure == "It was stopped after 5 s."
    assert gone(events[0]["pid"])


def test_silence_is_stopped_at_a_limit_of_its_own_with_its_children(tmp_path: Path) -> None:
    program = """
for number in range(8):
    send("beat"); time.sleep(0.5)  # together longer than the limit
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
send("child", pid=child.pid); print("and now", flush=True); time.sleep(600)
"""
    outcome, events = run(tmp_path, program, limit=60, silence=3)
    assert outcome.status == "silent"
    assert outcome.failure == "It was stopped after 3 s of silence."
    assert outcome.last_words == "Its last words: and now"
    assert len(events) == 9
    assert gone(events[-1]["pid"])


def test_a_child_that_holds_the_channel_open_does_not_hold_the_host(tmp_path: Path) -> None:
    program = """
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], close_fds=False)
os.set_inheritable(channel.fileno(), True)
send("child", pid=os.fork() or time.sleep(600))
"""
    outcome, events = run(tmp_path, program, limit=20)
    assert outcome.failure is None
    assert gone(events[0]["pid"])


@pytest.mark.parametrize("line", ["not json", "[1]", '{"no": "event"}', "[" * 10**5])
def test_garbage_on_the_channel_is_a_failure(tmp_path: Path, line: str) -> None:
    program = f'send("one"); channel.write({line!r} + "\\n"); send("two"); time.sleep(600)'
    outcome, events = run(tmp_path, program)
    assert "no event" in str(outcome.failure)
    assert len(str(outcome.failure)) < 200
    assert outcome.status == "garbled"
    assert [event["event"] for event in events] == ["one"]


def test_a_line_without_an_end_does_not_fill_the_hosts_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "LONGEST_EVENT_BYTES", 10**6)
    outcome, events = run(tmp_path, 'send("one")\nwhile True: channel.write("x" * 10**5)')
    assert outcome.status == "garbled"
    assert len(events) == 1


@pytest.mark.parametrize("program", ["pass", "import time; time.sleep(600)"])
def test_a_worker_that_never_reads_its_job_does_not_block_the_host(
    tmp_path: Path, program: str
) -> None:
    invocation = Invocation(
        (sys.executable, "-c", program), {}, tmp_path / "log", "x" * 10**6, Limits(2)
    )
    outcome = Executor().run(invocation, lambda event: None)
    assert outcome.status == ("timeout" if "sleep" in program else None)


def test_a_worker_that_does_not_end_after_its_last_event_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "GRACE_SECONDS", 1)
    outcome, events = run(tmp_path, 'send("one"); channel.close(); time.sleep(600)')
    assert [event["event"] for event in events] == ["one"]
    assert outcome.failure == "The worker did not end within 1 s of its last event."
    assert outcome.status == "silent"


@pytest.mark.parametrize(
    ("command", "log"), [("/no/such/program", "log"), (sys.executable, "x" * 300)]
)
def test_a_worker_that_cannot_be_started_is_a_failure(
    tmp_path: Path, command: str, log: str
) -> None:
    outcome = Executor().run(
        Invocation((command,), {}, tmp_path / log, "", Limits(30)), lambda event: None
    )
    assert "could not be started" in str(outcome.failure)
    assert outcome.status == "failed"


def test_an_interruption_leaves_no_process(tmp_path: Path) -> None:
    pids = []

    def interrupt(event: Event) -> None:
        pids.append(event["pid"])
        raise KeyboardInterrupt

    program = 'send("pid", pid=os.getpid()); time.sleep(600)'
    invocation = Invocation(
        (sys.executable, "-c", PREAMBLE + program), {}, tmp_path / "log", "", Limits(30)
    )
    with pytest.raises(KeyboardInterrupt):
        Executor().run(invocation, interrupt)
    assert gone(pids[0])


def gone(pid: int) -> bool:
    """Whether a process has ended; one whose parent has died first is reaped by the system."""
    for _ in range(600):
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


def test_workers_are_stopped_from_elsewhere_and_none_is_started_any_more(
    tmp_path: Path, memory_kills: FileLock
) -> None:
    executor = Executor()
    pids = []

    def stop(event: Event) -> None:
        pids.append(event["pid"])
        executor.stop()

    program = 'send("pid", pid=os.getpid()); time.sleep(600)'
    invocation = Invocation(
        (sys.executable, "-c", PREAMBLE + program), {}, tmp_path / "log", "", Limits(30)
    )
    with memory_kills:
        outcome = executor.run(invocation, stop)
    assert outcome.failure == "The worker was ended by SIGKILL."
    assert gone(pids[0])
    again = executor.run(invocation, stop)
    assert again.failure == "The worker was ended by SIGKILL."
    assert len(pids) == 1


def test_descriptors_are_the_workers_from_its_start_on(tmp_path: Path) -> None:
    reads, writes = os.pipe()
    program = f'os.write({writes}, b"from the worker"); send("done")'
    invocation = Invocation(
        (sys.executable, "-c", PREAMBLE + program),
        *({}, tmp_path / "log", "", Limits(30)),
        descriptors=(writes,),
    )
    assert Executor().run(invocation, lambda event: None).failure is None
    # The end of the file: nobody has the other end any more.
    assert os.read(reads, 100) == b"from the worker"
    assert os.read(reads, 100) == b""
    os.close(reads)
