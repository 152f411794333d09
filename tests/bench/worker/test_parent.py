"""A worker must not outlive its host, whatever that one died of."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="prctl(2) is Linux's.")

WORKER = """
import sys, time
from bench.worker.process import end_with_host
end_with_host(int(sys.argv[1]))
print("ready", flush=True)
time.sleep(600)
"""
# In a session of its own, as the executor starts it: no terminal ends it either.
HOST = f"""
import os, subprocess, sys
reads, writes = os.pipe()
worker = subprocess.Popen(
    [sys.executable, "-c", {WORKER!r}, str(writes)],
    pass_fds=(writes,), start_new_session=True, stdout=subprocess.PIPE, text=True,
)
worker.stdout.readline()
print(worker.pid, flush=True)
worker.wait()
"""


def test_a_worker_ends_when_its_host_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOST], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as host:
        assert host.stdout
        worker = psutil.Process(int(host.stdout.readline()))
        assert worker.is_running()
        host.send_signal(signal.SIGKILL)
    for _ in range(600):
        if not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.05)
    worker.kill()
    pytest.fail("The worker was still there 30 s after its host.")


def test_a_worker_whose_host_is_gone_already_ends_at_once() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    finished = subprocess.run(
        [sys.executable, "-c", WORKER, str(writes)],
        cwd=ROOT,
        pass_fds=(writes,),
        timeout=60,
        check=False,
        capture_output=True,
    )
    os.close(writes)
    assert finished.returncode == 1
    assert finished.stdout == b""
