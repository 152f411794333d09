"""What reads files that somebody else wrote: each may raise the project's own errors only."""

import gzip
import io
import json
import struct
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.errors import DataError, FrameworkError, PlanError, ResultsError, SamestepError
from bench.host.data.cifar_rows import parse_rows, read_archive, read_packed_batch
from bench.host.data.dataset import Array
from bench.host.data.declared.array_files import ArrayFiles, ArrayPair
from bench.host.data.declared.declaration import read_declared
from bench.host.data.declared.image_folder import ImageFolder
from bench.host.data.declared.text_files import TextFiles
from bench.host.data.labeled_csv import Columns, read_categories, read_labeled_csv
from bench.host.data.mnist import read_idx
from bench.host.frameworks.framework import discover, read_framework
from bench.host.frameworks.requirements import DESCRIPTION
from bench.host.planning.plan import expand, read_plan
from bench.host.planning.request import Request
from bench.host.process.outcome import WorkerOutcome
from bench.host.session.resume import find_stopped
from bench.host.session.transcript import Transcript
from bench.host.toml_table import read_toml
from bench.models import MODELS
from bench.records.chain import follow
from bench.records.lines import Reader, encode
from bench.records.manifest import RUN_FILE, Manifest
from tests.bench.host.data.declared.pictures import save
from tests.bench.host.data.made import batch, tar_gz
from tests.conftest import ROOT

FRAMEWORKS = discover()
PLANS = ROOT / "bench" / "plans"
RECORDS = ROOT / "tests" / "data" / "records"
CATEGORIES = ["card", "cash"]
CSV = b'text,category\nwhere is my card,card\n"two\nlines",cash\n'
OWN_CSV = CSV + b'"where, again, my card",card\nmy lines,cash\nis it my card,card\n'
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
    # Its name is the framework's.
    folder = folder / "fed"
    folder.mkdir(exist_ok=True)
    (folder / DESCRIPTION).write_bytes(content)
    families = (f"{model.family}.py" for model in MODELS.values())
    for name in ("constraints-cpu.txt", "constraints-cuda.txt", "backend.py", *families):
        (folder / name).touch()
    read_framework(folder)


def _record(folder: Path, content: bytes) -> None:
    """What is read is written, and read again, as it is."""
    found, problems = Reader().read_lines(io.BytesIO(content), "records.jsonl")
    assert follow(content.splitlines(keepends=True)).sealed >= 0
    # By their text: NaN is equal to nothing.
    assert [encode(Reader().decode(encode(one))) for one in found] == [encode(one) for one in found]
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
    read_labeled_csv(path, CATEGORIES)


def _own_texts(folder: Path, content: bytes) -> None:
    path = folder / "own.csv"
    path.write_bytes(content)
    TextFiles(path, None, 2, Columns(), 4, 100).read()


def _image(folder: Path, content: bytes) -> None:
    """As each of a folder: in color and resized, and in gray as it is."""
    _image_files(folder, content)
    for channels, size in ((3, (4, 4)), (1, None)):
        source = ImageFolder(folder / "images", None, 2, channels, size)
        source.describe_samples()
        source.read()


def _image_files(folder: Path, content: bytes) -> None:
    for name in ("cat", "dog"):
        for number in range(2):
            path = folder / "images" / name / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def _inputs(folder: Path, content: bytes) -> None:
    _arrays(folder, content, _npy(LABELS_OF_TOKENS))


def _labels(folder: Path, content: bytes) -> None:
    _arrays(folder, _npy(TOKENS), content)


def _arrays(folder: Path, inputs: bytes, labels: bytes) -> None:
    source = ArrayFiles(_array_files(folder, inputs, labels), None, 2, "NL")
    source.describe_samples()
    source.read()


def _array_files(folder: Path, inputs: bytes, labels: bytes) -> ArrayPair:
    pair = ArrayPair(folder / "x.npy", folder / "y.npy")
    pair.inputs.write_bytes(inputs)
    pair.labels.write_bytes(labels)
    return pair


def _declaration(folder: Path, content: bytes) -> None:
    _own_files(folder)
    path = folder / "own.toml"
    path.write_bytes(content)
    table = read_toml(path, PlanError)
    declared = read_declared(table, folder)
    table.finish()
    for one in declared.values():
        one.dataset.read()


def _own_files(folder: Path) -> None:
    """What the whole declarations name."""
    _image_files(folder, _picture("png"))
    _array_files(folder, _npy(TOKENS), _npy(LABELS_OF_TOKENS))
    (folder / "own.csv").write_bytes(OWN_CSV)


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
    told.conclude(WorkerOutcome(None, None, 1.0, ""))
    told.to_fields()


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


def _npy(array: Array) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def _picture(suffix: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return save(Path(folder) / f"picture.{suffix}", 1, 8, 8).read_bytes()


def _an_archive() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = tar_gz(Path(folder) / "archive", {"x/1": batch([1])})
        return gzip.decompress(path.read_bytes())


LABELS = struct.pack(">II", 0x0801, 3) + bytes([7, 2, 1])
TOKENS = np.arange(12, dtype=np.int64).reshape(4, 3)
LABELS_OF_TOKENS = np.array([0, 0, 1, 1])
DECLARATIONS = (
    b'[datasets.a]\nkind = "images"\ntrain = "images"\ntest_every = 2\nsize = [4, 4]\n',
    b'[datasets.b]\nkind = "texts"\ntrain = "own.csv"\ntest = "own.csv"\nlength = 4\n'
    b'vocabulary = 9\nlabel_column = "category"\n',
    b'[datasets.c]\nkind = "arrays"\nlayout = "NL"\ntest_every = 2\n'
    b'train = { inputs = "x.npy", labels = "y.npy" }\n',
)
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
    Target("labeled CSV", (CSV,), _csv, (DataError,)),
    Target("own texts", (OWN_CSV,), _own_texts, (DataError,)),
    Target(
        "own images",
        tuple(map(_picture, ("bmp", "gif", "jpg", "png", "ppm", "tif", "webp"))),
        _image,
        (DataError,),
    ),
    Target("own inputs", (_npy(TOKENS), _npy(np.asfortranarray(TOKENS))), _inputs, (DataError,)),
    Target(
        "own labels",
        (_npy(LABELS_OF_TOKENS), _npy(LABELS_OF_TOKENS.astype(">u2"))),
        _labels,
        (DataError,),
    ),
    Target("own declaration", DECLARATIONS, _declaration, (PlanError, DataError)),
    Target("categories", (json.dumps(CATEGORIES).encode(),), _categories, (DataError,)),
)
