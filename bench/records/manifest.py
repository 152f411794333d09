"""What a run was started with, in its folder's `run.json`.

The file holds two objects: `opening`, which says what the run is and never changes (the first
record's seal follows its digest: `bench.records.chain`), and `end`, which is there while nobody
writes the run: how many records there are, and the digest of the last one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec import ValidationError, convert

from bench.errors import ResultsError, describe_parse_error
from bench.protocol.digests import hash_text
from bench.records.chain import NOTHING
from bench.records.whole_files import write_whole

RUN_FILE = "run.json"
SCHEMA = 1


@dataclass(frozen=True)
class End:
    """The end of a run: the digest of its last record is called the run's digest."""

    records: int
    digest: str


@dataclass(frozen=True)
class Manifest:
    """The parts of a `run.json`; `end` is None of a run that is being written, or was killed."""

    opening: Mapping[str, Any]
    end: End | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the opening, which the first record follows."""
        return hash_text(json.dumps(self.opening, sort_keys=True))

    def to_json(self) -> str:
        """Format the content of the file."""
        document = {"opening": dict(self.opening), "end": vars(self.end) if self.end else None}
        return json.dumps(document, indent=1) + "\n"


def read_manifest(folder: Path) -> Manifest | None:
    """Read what the run in a folder was started with; None where there is no file.

    Raises:
        ResultsError: the file cannot be read, or is no such file.
    """
    path = folder / RUN_FILE
    try:
        document = json.loads(path.read_text("utf-8-sig"))
        opening = convert(document["opening"], dict[str, Any])
        if opening["schema"] != SCHEMA:
            raise ResultsError(
                f"{str(path)!r} has the schema {opening['schema']!r}, this version of samestep "
                f"reads {SCHEMA}; use the version that wrote it."
            )
        return Manifest(opening, convert(document["end"], End | None))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise _explain_broken(path, str(reason)) from error
    except (KeyError, RecursionError, TypeError, ValueError, ValidationError) as error:
        raise _explain_broken(
            path, f"{type(error).__name__}: {describe_parse_error(error)}"
        ) from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the file in one go, to the disk: whoever reads it sees the old one or the new one.

    Raises:
        OSError: it cannot be written; what was there stays.
    """
    write_whole(folder / RUN_FILE, manifest.to_json().encode(), flushed=True)


def read_opening_digest(folder: Path) -> str:
    """Read the digest that the first record of the run in a folder follows."""
    manifest = read_manifest(folder)
    return manifest.digest if manifest else NOTHING


def _explain_broken(path: Path, reason: str) -> ResultsError:
    return ResultsError(
        f"{str(path)!r} cannot be read ({reason}); expected what `tox -e bench` wrote there; take "
        "it from a copy of the run, or remove it: the records can be read without it, but the run "
        "cannot be resumed."
    )
