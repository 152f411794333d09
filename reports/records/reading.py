"""Many records: what most of them share is kept once."""

import gc
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.records.certificate import Certificate
from bench.records.results import Record, document_of, from_document, read_lines, read_records

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


@contextmanager
def without_collector() -> Iterator[None]:
    """No search for garbage while records are read.

    What is read stays, and none of it is a cycle: looking for garbage again and again among ever
    more objects takes as long as reading them.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Reader:
    """Reads records files; a part that is equal in several records is one object in all of them.

    Nobody may change a record's parts.
    """

    def __init__(self) -> None:
        self._certificates: dict[int, Certificate] = {}
        self._parts: dict[str | bytes, Any] = {}

    def read(self, path: Path) -> tuple[list[Record], list[str]]:
        """The records of a file, and one line for each of its lines that is no record.

        Raises:
            ResultsError: the file cannot be read.
        """
        return read_records(path, self.decode)

    def read_lines(self, lines: Iterable[bytes], name: str) -> tuple[list[Record], list[str]]:
        """The same of lines that come from anywhere; see `bench.records.results.read_lines`."""
        return read_lines(lines, name, self.decode)

    def decode(self, line: bytes) -> Record:
        """As `bench.records.results.decode`."""
        document = self._document(line)
        if isinstance(document, dict):
            self._share(document)
        return from_document(document, self._certificate)

    def _document(self, line: bytes) -> Any:
        return document_of(line)

    def _text(self, part: Any) -> str | bytes:
        """Equal where parts are."""
        return json.dumps(part)

    def _share(self, document: dict[str, Any]) -> None:
        for name in SHARED:
            if part := document.get(name):
                document[name] = self._parts.setdefault(self._text(part), part)

    def _certificate(self, document: Mapping[str, Any]) -> Certificate:
        # By identity: the document is one of the shared parts, which live as long as this reader.
        if id(document) not in self._certificates:
            self._certificates[id(document)] = Certificate.from_document(document)
        return self._certificates[id(document)]
