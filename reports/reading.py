"""Many records: what most of them share is decoded once and kept once."""

import gc
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from bench.certificate import Certificate
from bench.results import Record, decode, from_document, read_records

# Equal in all records of a run, or of a framework in it, and most of a record's size.
SHARED = (
    "machine",
    "environment",
    "versions",
    "digests",
    "certificate",
    "tuning",
    "cost",
    "ceilings",
    "absent",
)


class Reader:
    """Reads records files; a part that is equal in several records is one object in all of them.

    Nobody may change a record's parts.
    """

    def __init__(self) -> None:
        self._parts: dict[bytes, Any] = {}
        self._certificates: dict[int, Certificate] = {}

    def read(self, path: Path) -> tuple[list[Record], list[str]]:
        """The records of a file, and one line for each of its lines that is no record.

        Raises:
            ResultsError: the file cannot be read.
        """
        # What is read stays, and none of it is a cycle: looking for garbage again and again among
        # ever more objects takes as long as reading them.
        enabled = gc.isenabled()
        gc.disable()
        try:
            return read_records(path, self._decode)
        finally:
            if enabled:
                gc.enable()

    def _decode(self, line: bytes) -> Record:
        try:
            document = orjson.loads(line)
        except orjson.JSONDecodeError:
            # Broken bytes, numbers and characters that only Python's own decoder takes; and it says
            # what is wrong in words that do not change with the library.
            return decode(line)
        if isinstance(document, dict):
            self._share(document)
        return from_document(document, self._certificate)

    def _share(self, document: dict[str, Any]) -> None:
        for name in SHARED:
            if part := document.get(name):
                document[name] = self._parts.setdefault(orjson.dumps(part), part)

    def _certificate(self, document: Mapping[str, Any]) -> Certificate:
        # By identity: the document is one of the shared parts, which live as long as this reader.
        if id(document) not in self._certificates:
            self._certificates[id(document)] = Certificate.from_document(document)
        return self._certificates[id(document)]
