"""`python -m reports check`: whether records are as they were written, and can be read."""

import argparse
from pathlib import Path

from bench.records.lines import read_records
from bench.records.results import RECORDS_FILE
from reports.records.integrity import Integrity, examine
from reports.runs.folders import find_folders
from reports.text import titles
from reports.text.output import tell

ALTERED, NO_RECORDS = 1, 2


def run(options: argparse.Namespace) -> int:
    """Print what the digests of each run say; the exit status is that of the worst."""
    return max(_check(folder) for folder in find_folders(options.runs, options.results))


def _check(folder: Path) -> int:
    integrity = examine(folder)
    _, problems = read_records(folder / RECORDS_FILE)
    # A torn end is a note, and no line that cannot be read.
    unreadable = problems[:-1] if integrity.torn and problems else problems
    lines = [*integrity.alterations, *unreadable]
    tell(f"{folder.name}: {_verdict(integrity, bool(lines))}")
    for line in lines:
        tell(f"  {line}.".replace("..", "."))
    for line in _notes(integrity):
        tell(f"  Note: {line}.")
    if lines:
        return ALTERED
    return 0 if integrity.records else NO_RECORDS


def _verdict(integrity: Integrity, broken: bool) -> str:
    count = titles.format_count(integrity.records, "record")
    if broken:
        return f"NOT as it was written ({count})"
    if not integrity.records:
        return "no record"
    if integrity.digest is None:
        return f"{count}, none with a digest: nothing can be told"
    return f"{count}, as written; digest of the run: {integrity.digest}"


def _notes(integrity: Integrity) -> list[str]:
    notes = []
    if integrity.torn:
        notes.append(
            f"{integrity.torn:,} bytes after the last whole record are part of one that was being "
            "written when the run was killed; --resume sets them aside"
        )
    if integrity.digest and not integrity.closed:
        notes.append(
            "the run is being written, or was killed: records that are missing at its end do not "
            "show"
        )
    if integrity.digest and integrity.sealed < integrity.records:
        older = titles.format_count(integrity.records - integrity.sealed, "record")
        notes.append(f"{older} without a digest, as older versions wrote them")
    return notes
