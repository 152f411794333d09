import resource
import subprocess
import sys
from types import SimpleNamespace

import psutil
import pytest

from bench.host import load
from bench.host.load import LoadMeter


class FakeAccounts:
    """The operating system's accounts, as the test sets them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.user = self.worker = self.now = 0.0
        monkeypatch.setattr(psutil, "cpu_times", self.cpu_times)
        monkeypatch.setattr(psutil, "cpu_count", lambda logical: 4)
        monkeypatch.setattr(load, "monotonic", lambda: self.now)
        monkeypatch.setattr(
            resource,
            "getrusage",
            lambda who: SimpleNamespace(ru_utime=self.worker, ru_stime=0.0),
        )

    def cpu_times(self) -> object:
        # guest time is inside user time; idle and iowait are nobody's work.
        times = {"user": self.user, "idle": 1e6 + self.now, "iowait": 7 * self.now, "guest": 5.0}
        return SimpleNamespace(_asdict=lambda: times)


def test_what_others_took_is_the_busy_time_less_the_workers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    accounts = FakeAccounts(monkeypatch)
    meter = LoadMeter(_start=0.0)
    accounts.now, accounts.user, accounts.worker = 10.0, 24.0, 16.0
    measured = meter.read()
    assert measured.worker_seconds == 16.0
    assert measured.other_seconds == 8.0
    assert measured.other_share == pytest.approx(8 / 40)


def test_coarse_ticks_never_make_it_negative(monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = FakeAccounts(monkeypatch)
    meter = LoadMeter(_start=0.0)
    accounts.now, accounts.user, accounts.worker = 1.0, 0.99, 1.0
    assert meter.read().other_seconds == 0.0


def test_the_real_accounts_see_a_child() -> None:
    meter = LoadMeter()
    program = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    subprocess.run([sys.executable, "-c", program], check=True)
    measured = meter.read()
    assert measured.worker_seconds >= 0.3
    assert 0 <= measured.other_share <= 1
