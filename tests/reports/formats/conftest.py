"""Runs that are exported by the command line, and records whose texts mean something elsewhere."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bench.records.results import Record
from reports.__main__ import main

Save = Callable[[Path, Sequence[Record]], Path]
MakeRecord = Callable[..., Record]
Export = Callable[[Sequence[Record], str], str]

# Markup, quotes, ends of lines, a control character, half a surrogate pair, mentions, addresses.
HOSTILE = (
    "a|b `c` <script>alert('x')</script> &amp; \"q\" \\ \n# x\r\n* y\x00\x1b \ud800 "
    "@someone #12 GH-7 https://example.org www.example.org ![i](u) *s* _u_ ~~d~~ $m$ {j} \u2028 é"
)


@pytest.fixture
def export(tmp_path: Path, save: Save, capsysbinary: pytest.CaptureFixture[bytes]) -> Export:
    """Writes a run and gives what its export in a format puts on standard output."""

    def exported(records: Sequence[Record], name: str) -> str:
        folder = save(tmp_path / "run", records)
        assert main(["export", str(folder), "--format", name]) == 0
        captured = capsysbinary.readouterr()
        assert captured.err == b""
        return captured.out.decode("utf-8")

    return exported


@pytest.fixture
def hostile(record: MakeRecord, failure: MakeRecord) -> list[Record]:
    """A finished, a failed and a skipped trial; what a record names is `HOSTILE` in all of them."""
    names = dict.fromkeys(("model", "dataset", "mode", "settings", "variables", "commit"), HOSTILE)
    finished = record(HOSTILE, framework_version=HOSTILE, **names)
    return [
        finished,
        failure(HOSTILE, status="failed", reason=HOSTILE, repeat=2, **names),
        failure(HOSTILE, reason=HOSTILE, repeat=3, **names),
    ]
