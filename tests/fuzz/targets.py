"""What reads files that somebody else wrote: each may raise the project's own errors only."""

import gzip
import io
import json
import struct
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.chain import follow
from bench.errors import DataError, FrameworkError, PlanError, ResultsError, SamestepError
from bench.host.data.cifar_rows import parse_rows, read_archive, read_packed_batch
from bench.host.data.idx import read_idx
from bench.host.data.labelled_csv import read_categories, read_labelled_csv
from bench.host.frameworks import DESCRIPTION, discover, read_framework
from bench.host.outcome import Outcome
from bench.host.plan import expand, read_plan
from bench.host.request import Request
from bench.host.resume import find_stopped
from bench.host.transcript import Transcript
from bench.manifest import RUN_FILE, Manifest
from bench.results import decode
from reports.reading import new_reader
from tests.bench.host.data.made import batch, tar_gz
from tests.conftest import ROOT

FRAMEWORKS = discover()
PLANS = ROOT / "bench" / "plans"
RECORDS = ROOT / "tests" / "data" / "records"
CATEGORIES = ["card", "cash"]
CSV = b'text,category\nwhere is my card,card\n"two\nlines",cash\n'
EVENT = {"event": "block", "steps": 1, "samples": 4, "seconds": 0.1, "warmup": False}


@dataclass(frozen=True)
class Target:
    """A reader.

    Attributes:
        whole: files that it reads without complaint.
        read: takes a folder to work in, and the bytes of a file.
        errors: what may come out of it.
    """

    name: str
    whole: tuple[bytes, ...]
    read: Callable[[Path, bytes], object]
    errors: tuple[type[SamestepError], ...]


def _plan(folder: Path, content: bytes) -> None:
    path = folder / "plan.toml"
    path.write_bytes(content)
    expand(read_plan(str(path), FRAMEWORKS), FRAMEWORKS, "cpu")


def _framework(folder: Path, content: bytes) -> None:
    (folder / DESCRIPTION).write_bytes(content)
    for name in ("constraints-cpu.txt", "constraints-cuda.txt"):
        (folder / name).touch()
    read_framework(folder)


def _record(folder: Path, content: bytes) -> None:
    """Both readers of records say the same, but in which words."""
    found, problems = new_reader().read_lines(io.BytesIO(content), "records.jsonl")
    assert follow(content.splitlines(keepends=True)).sealed >= 0
    own = []
    for line in io.BytesIO(content):
        try:
            own += [decode(line)] if line.strip() else []
        except ResultsError:
            continue
    # By their text: NaN is equal to nothing.
    assert repr(found) == repr(own)
    if not found and problems:
        raise ResultsError(problems[0])


def _manifest(folder: Path, content: bytes) -> None:
    run = folder / "run"
    run.mkdir(exist_ok=True)
    (run / RUN_FILE).write_bytes(content)
    find_stopped(Request(results=folder, resume="run"))


def _idx(folder: Path, content: bytes) -> None:
    path = folder / "idx.gz"
    path.write_bytes(gzip.compress(content, 1))
    read_idx(path, 1, 2**16)


def _gzip(folder: Path, content: bytes) -> None:
    path = folder / "idx.gz"
    path.write_bytes(content)
    read_idx(path, 1, 2**16)


def _rows(folder: Path, content: bytes) -> None:
    path = folder / "rows.gz"
    path.write_bytes(gzip.compress(content, 1))
    parse_rows(read_packed_batch(path), "made")


def _archive(folder: Path, content: bytes) -> None:
    path = folder / "archive.tar.gz"
    path.write_bytes(gzip.compress(content, 1))
    parse_rows(read_archive(path, ["x/1"])[0], "made")


def _csv(folder: Path, content: bytes) -> None:
    path = folder / "texts.csv"
    path.write_bytes(content)
    read_labelled_csv(path, CATEGORIES)


def _categories(folder: Path, content: bytes) -> None:
    path = folder / "categories.json"
    path.write_bytes(content)
    read_categories(path, 2)


def _event(folder: Path, content: bytes) -> None:
    """What a worker sends: whatever it is, the trial gets a status and its record a line."""
    told = Transcript()
    for line in content.splitlines():
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue  # the conversation has ended such a worker before
        if isinstance(event, dict) and "event" in event:
            told.add(event)
    told.verdict(Outcome(None, None, 1.0, ""))
    told.fields()


def _a_manifest() -> bytes:
    options = {
        **{"plan": "quick", "device": "cpu", "frameworks": [], "pythons": {}},
        **{
            "implementations": [],
            "model_folders": [],
            "threads": None,
            "verified": True,
            "ceilings": True,
        },
        **{"repeats": None, "against": None},
    }
    opening = {"schema": 1, "request": options, "trials": ["a"], "plan": "p", "versions": {}}
    return Manifest(opening).to_json().encode()


def _an_archive() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = tar_gz(Path(folder) / "archive", {"x/1": batch([1])})
        return gzip.decompress(path.read_bytes())


LABELS = struct.pack(">II", 0x0801, 3) + bytes([7, 2, 1])
TARGETS = (
    Target(
        "plan",
        tuple(path.read_bytes() for path in sorted(PLANS.glob("*.toml"))),
        _plan,
        (PlanError,),
    ),
    Target(
        "framework.toml",
        tuple((one.folder / DESCRIPTION).read_bytes() for one in FRAMEWORKS.values()),
        _framework,
        (FrameworkError,),
    ),
    Target(
        "record",
        tuple(
            line
            for path in sorted(RECORDS.glob("*.jsonl"))
            for line in path.read_bytes().splitlines(keepends=True)[:2]
        ),
        _record,
        (ResultsError,),
    ),
    Target("run.json", (_a_manifest(),), _manifest, (ResultsError, PlanError)),
    Target(
        "worker's events",
        (json.dumps({**EVENT, "device_seconds": None, "losses": [1.0]}).encode() + b"\n",),
        _event,
        (),
    ),
    Target("IDX", (LABELS,), _idx, (DataError,)),
    Target("gzipped IDX", (gzip.compress(LABELS, mtime=0),), _gzip, (DataError,)),
    Target("CIFAR's rows", (batch([1, 2]),), _rows, (DataError,)),
    Target("CIFAR's archive", (_an_archive(),), _archive, (DataError,)),
    Target("labelled CSV", (CSV,), _csv, (DataError,)),
    Target("categories", (json.dumps(CATEGORIES).encode(),), _categories, (DataError,)),
)
