import resource
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
from msgspec import to_builtins

from bench.host.machine import accounts, load
from bench.host.machine.load import Conditions, compute_load, read_conditions
from bench.host.machine.nvml import MissingGpu, open_gpu
from tests.bench.host.machine.fake_nvml import FakeDevice, FakeNvml

BEFORE = Conditions(
    time=100.0,
    busy_seconds=1000.0,
    steal_seconds=50.0,
    worker_seconds=7.0,
    involuntary_switches=3,
    throttle_events=20,
    gpu_thermal_seconds=1.5,
)


@pytest.fixture(autouse=True)
def four_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "count_logical_processors", lambda: 4)


def test_what_others_took_is_the_busy_time_less_the_workers() -> None:
    after = replace(BEFORE, time=110.0, busy_seconds=1024.0, worker_seconds=23.0)
    measured = compute_load(BEFORE, after)
    assert measured.worker_seconds == 16.0
    assert measured.other_seconds == 8.0
    assert measured.other_share == pytest.approx(8 / 40)


def test_coarse_ticks_never_make_it_negative() -> None:
    after = replace(BEFORE, time=101.0, busy_seconds=1000.99, worker_seconds=8.0)
    assert compute_load(BEFORE, after).other_seconds == 0.0


def test_counters_are_compared_and_shares_are_of_all_processors() -> None:
    after = replace(
        BEFORE,
        time=110.0,
        steal_seconds=52.0,
        involuntary_switches=10,
        throttle_events=25,
        gpu_thermal_seconds=2.0,
    )
    known = to_builtins(compute_load(BEFORE, after))
    assert known["steal_share"] == pytest.approx(2 / 40)
    assert (known["involuntary_switches"], known["throttle_events"]) == (7, 5)
    assert known["gpu_thermal_seconds"] == 0.5


def test_a_counter_that_goes_back_has_not_grown() -> None:
    after = replace(BEFORE, time=110.0, steal_seconds=49.0, throttle_events=0)
    measured = compute_load(BEFORE, after)
    assert (measured.steal_share, measured.throttle_events) == (0.0, 0)


def test_what_nobody_counts_is_left_out_and_not_zero() -> None:
    before = replace(BEFORE, steal_seconds=None, throttle_events=None, gpu_thermal_seconds=None)
    after = replace(before, time=101.0)
    assert to_builtins(compute_load(before, after)).keys() == {
        "worker_seconds",
        "other_seconds",
        "other_share",
        "involuntary_switches",
    }


def test_the_systems_accounts_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    times = {"user": 20.0, "system": 3.0, "steal": 2.0}
    nobodys = {"idle": 1e6, "iowait": 7.0}
    monkeypatch.setattr(accounts, "read_cpu_seconds", lambda: times | nobodys)
    usage = SimpleNamespace(ru_utime=4.0, ru_stime=0.5, ru_nivcsw=6)
    monkeypatch.setattr(resource, "getrusage", lambda who: usage)
    monkeypatch.setattr(load, "count_throttle_events", lambda: 9)
    with open_gpu("cuda", {}, FakeNvml(FakeDevice(thermal_nanoseconds=3 * 10**9))) as gpu:
        conditions = read_conditions(gpu)
    assert (conditions.busy_seconds, conditions.steal_seconds) == (25.0, 2.0)
    assert (conditions.worker_seconds, conditions.involuntary_switches) == (4.5, 6)
    assert (conditions.throttle_events, conditions.gpu_thermal_seconds) == (9, 3.0)
    assert read_conditions(MissingGpu("There is none.")).gpu_thermal_seconds is None


def test_the_real_accounts_see_a_child() -> None:
    before = read_conditions()
    program = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    subprocess.run([sys.executable, "-c", program], check=True)
    measured = compute_load(before, read_conditions())
    assert measured.worker_seconds is not None
    assert measured.worker_seconds >= 0.3
    assert measured.other_share is not None
    assert 0 <= measured.other_share <= 1
    assert measured.steal_share is None or 0 <= measured.steal_share <= 1
