import importlib.metadata
from types import SimpleNamespace

import pytest

from bench.worker.process import list_versions, read_process_memory


def test_versions_have_normalised_names(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        SimpleNamespace(metadata={"Name": name}, version="1")
        for name in ("tensorflow_cpu", "Jinja2", "ruamel.yaml", "a--b")
    ]
    monkeypatch.setattr(importlib.metadata, "distributions", lambda: found)
    assert set(list_versions()) == {"python", "tensorflow-cpu", "jinja2", "ruamel-yaml", "a-b"}


def test_the_peak_grows_with_what_is_touched() -> None:
    before = read_process_memory()["resident_bytes"]
    block = bytearray(b"x") * (before + 64 * 2**20)
    assert read_process_memory()["resident_bytes"] >= len(block)


def test_anonymous_memory_is_what_is_allocated_now() -> None:
    before = read_process_memory()["anonymous_bytes"]
    block = bytearray(b"x") * (64 * 2**20)
    grown = read_process_memory()["anonymous_bytes"]
    assert grown - before >= 0.99 * len(block)
    del block
    assert read_process_memory()["anonymous_bytes"] < grown - 60 * 2**20
