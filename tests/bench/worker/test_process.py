"""What a worker says of an error, in the words that frameworks really use, and where it waits."""

import json
import os
from typing import TextIO

import pytest

from bench.errors import WorkerError
from bench.worker.process import Channel, StartingGate, _headline, is_out_of_memory


class OutOfMemoryError(RuntimeError):
    """As PyTorch's on a GPU."""


class ResourceExhaustedError(Exception):
    """As TensorFlow's."""


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        ResourceExhaustedError("failed to allocate memory [Op:Conv2D]"),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate "
            "memory: you tried to allocate 16777216 bytes. Error code 12 (Cannot allocate memory)"
        ),
        RuntimeError("MXNetError: Failed to allocate CPU Memory"),
    ],
)
def test_each_frameworks_want_of_memory_is_known(error: Exception) -> None:
    assert is_out_of_memory(error)


@pytest.mark.parametrize("error", [ValueError("shapes differ"), RuntimeError("CUDA error: 719")])
def test_other_errors_are_none(error: Exception) -> None:
    assert not is_out_of_memory(error)


def test_the_line_that_says_most_is_kept() -> None:
    assert _headline("shapes differ\nat line 3") == "shapes differ"
    text = 'Traceback (most recent call last):\n  File "a.cc", line 75\nMXNetError: Failed to x\n'
    assert _headline(text) == "MXNetError: Failed to x"
    assert _headline("") == ""


def test_a_gate_lets_a_worker_train_once_there_is_a_byte() -> None:
    reads, writes = os.pipe()
    told, channel = open_channel()
    os.write(writes, b"t")
    StartingGate(reads).wait(channel)
    assert [json.loads(told.readline())["event"] for _ in range(2)] == ["waiting", "begun"]


def test_a_gate_that_is_shut_ends_the_worker() -> None:
    reads, writes = os.pipe()
    _, channel = open_channel()
    os.close(writes)
    with pytest.raises(WorkerError, match="not wanted"):
        StartingGate(reads).wait(channel)


def test_a_worker_without_a_gate_tells_of_none() -> None:
    told, channel = open_channel()
    StartingGate(None).wait(channel)
    channel.send("first_step")
    assert json.loads(told.readline())["event"] == "first_step"


def open_channel() -> tuple[TextIO, Channel]:
    reads, writes = os.pipe()
    return os.fdopen(reads, encoding="utf-8"), Channel(writes)
