"""A folder of runs that CI can cache or publish: one compressed file for each run.

A file is called by its run and by what was measured in it, so that two stores become one by copying
files, and a run that is appended again is where it was.
"""

import gzip
import io
import os
import re
import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench.errors import ResultsError, explain_os_error
from bench.records.chain import follow
from bench.records.lines import Reader
from bench.records.results import RECORDS_FILE, Record
from reports.records.identity import drop_duplicates, make_run_key
from reports.records.integrity import Altered, limit_sentences
from reports.runs.loading import LoadedRuns, explain_no_trial, make_name
from reports.text.output import write_bytes

SUFFIX = ".jsonl.gz"
# A name in a record can be anything; of a file's, 255 bytes are the most.
LONGEST_NAME = 100
UNFIT = re.compile(r"[^A-Za-z0-9._-]")

# What one file holds: a key that tells its run from another one of the same name, and records.
Stored = tuple[str, list[Record]]


def append(store: Path, folders: Sequence[Path]) -> list[Path]:
    """Put the runs in these folders into the store, which is made where there is none.

    A run that is there already stays as it is, or grows where its folder has more.

    Returns:
        The file of each.

    Raises:
        ResultsError: a run cannot be read, or a file not written; those before it are in the store.
    """
    remedy = "expected a folder, or a name for one; name another with --store."
    with explain_os_error(ResultsError, f"Store {str(store)!r} cannot be made", remedy):
        store.mkdir(parents=True, exist_ok=True)
    reader = Reader()
    return [_append(store, folder / RECORDS_FILE, reader) for folder in folders]


def read(store: Path) -> LoadedRuns:
    """All runs in the store; what cannot be read is among the problems.

    Raises:
        ResultsError: there is no store, or nothing in it can be read.
    """
    if not os.path.isdir(store):
        raise ResultsError(
            f"Store {str(store)!r} was not found; expected a folder; name runs behind it to make "
            "one: `python -m reports history --store DIR RUN`."
        )
    stored, problems, altered = _read(store)
    if not stored:
        reason = f"such as: {problems[0]}" if problems else f"it has no file *{SUFFIX}"
        raise ResultsError(
            f"Store {str(store)!r} holds no run that can be read ({reason.rstrip('.')}); expected "
            "files that `python -m reports history --store DIR RUN` has made; append a run."
        )
    keys, records = _tell_apart(stored)
    unique, doubled = drop_duplicates(records)
    names = tuple(keys)
    return LoadedRuns(
        make_name(names), tuple(unique), (*problems, *doubled), names, keys, altered=altered
    )


def _append(store: Path, source: Path, reader: Reader) -> Path:
    records, problems = reader.read(source)
    if not records:
        raise ResultsError(explain_no_trial(source, problems))
    content = source.read_bytes()
    name = UNFIT.sub("_", records[0].run)[:LONGEST_NAME]
    path = store / f"{name}-{make_run_key(records[0])}{SUFFIX}"
    if (longer := _longer(path, content)) is not None:
        # No time and no name in the file: the same run gives the same bytes.
        write_bytes(path, gzip.compress(longer, mtime=0))
    return path


def _longer(path: Path, content: bytes) -> bytes | None:
    """What the store's file should hold, None where it does."""
    if not os.path.lexists(path):
        return content
    try:
        stored = _content(path)
    except ResultsError:
        # The file is damaged, and here is what was in it.
        return content
    if _whole_lines(stored).startswith(_whole_lines(content)):
        return None
    if _whole_lines(content).startswith(_whole_lines(stored)):
        return content
    raise ResultsError(
        f"{str(path)!r} holds other records of the same run; expected those of the run, or the "
        "first ones of them; remove the file to take the run as it is now."
    )


def _whole_lines(content: bytes) -> bytes:
    """Without a last line that nobody has finished, which is another one the next time."""
    return content[: content.rfind(b"\n") + 1]


def _content(path: Path) -> bytes:
    try:
        return gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise ResultsError(
            f"{path.name} was left out: it cannot be read ({error}); expected a run's records, "
            "compressed by gzip; append the run again, or remove the file."
        ) from error


def _read(store: Path) -> tuple[list[Stored], list[str], Altered]:
    """What is stored, what cannot be read, and what is not as it was written."""
    reader = Reader()
    files: list[Stored] = []
    problems: list[str] = []
    altered: dict[str, tuple[str, ...]] = {}
    expected = "expected a folder of yours; check its permissions, or name another with --store."
    with explain_os_error(ResultsError, f"Store {str(store)!r} cannot be read", expected):
        names = sorted(name for name in os.listdir(store) if name.endswith(SUFFIX))
    for path in (store / name for name in names):
        try:
            content = _content(path)
        except ResultsError as error:
            problems.append(str(error))
            continue
        records, wrong = reader.read_lines(io.BytesIO(content), path.name)
        problems += wrong
        broken = follow(_whole_lines(content).splitlines(keepends=True)).broken
        if broken:
            altered[path.name] = tuple(limit_sentences(broken))
        if records:
            files.append((make_run_key(records[0]), records))
        else:
            problems.append(f"{path.name} was left out: it holds no trial.")
    return files, problems, altered


def _tell_apart(files: Sequence[Stored]) -> tuple[dict[str, str], list[Record]]:
    """The key of each run by its name, and all records; runs of one name are renamed."""
    owners: dict[str, set[str]] = defaultdict(set)
    for key, own in files:
        for record in own:
            owners[record.run].add(key)
    keys: dict[str, str] = {}
    records = []
    for key, own in files:
        for record in own:
            shared = len(owners[record.run]) > 1
            renamed = replace(record, run=f"{record.run} ({key})") if shared else record
            keys.setdefault(renamed.run, key)
            records.append(renamed)
    return keys, records
