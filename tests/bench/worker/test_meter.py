import importlib.metadata
from types import SimpleNamespace

import pytest

from bench.worker.meter import installed_versions, peak_resident_bytes


def test_versions_have_normalised_names(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        SimpleNamespace(metadata={"Name": name}, version="1")
        for name in ("tensorflow_cpu", "Jinja2", "ruamel.yaml", "a--b")
    ]
    monkeypatch.setattr(importlib.metadata, "distributions", lambda: found)
    assert set(installed_versions()) == {"python", "tensorflow-cpu", "jinja2", "ruamel-yaml", "a-b"}


def test_the_peak_grows_with_what_is_touched() -> None:
    before = peak_resident_bytes()
    block = bytearray(b"x") * (before + 64 * 2**20)
    assert peak_resident_bytes() >= len(block)
