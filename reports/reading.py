"""Many records: decoded by their types, and what most of them share is decoded and kept once."""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, Literal, get_type_hints

import msgspec

from bench.certificate import Certificate
from bench.optimizer import Optimizer
from bench.results import (
    MOST,
    SCHEMA,
    Record,
    Trial,
    decode,
    from_document,
    read_lines,
    read_records,
)

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
OPTIMIZER = "optimizer"
# In every file, though a record that is made has a default for them.
REQUIRED = ("schema", "blocks", "epochs", "losses")
# What a document that is no record's raises, and brackets without an end.
NO_RECORD = (
    msgspec.MsgspecError,
    AttributeError,
    KeyError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)
NOT_THERE = msgspec.Raw()


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
        self._parts: dict[bytes, Any] = {}
        # By the text of a part, which is equal where the part is.
        self._of_text: dict[str, dict[bytes, Any]] = {name: {} for name in (*SHARED, OPTIMIZER)}

    def read(self, path: Path) -> tuple[list[Record], list[str]]:
        """The records of a file, and one line for each of its lines that is no record.

        Raises:
            ResultsError: the file cannot be read.
        """
        return read_records(path, self._decode)

    def read_lines(self, lines: Iterable[bytes], name: str) -> tuple[list[Record], list[str]]:
        """The same of lines that come from anywhere; see `bench.results.read_lines`."""
        return read_lines(lines, name, self._decode)

    def _decode(self, line: bytes) -> Record:
        try:
            return self._typed(line)
        except NO_RECORD:
            # An older record, one with a null for a number, or none at all.
            return self._any(line)

    def _typed(self, line: bytes) -> Record:
        """A record of the newest schema in which every value has its type."""
        values = msgspec.structs.asdict(_RECORD.decode(line))
        for name in SHARED:
            text = values.pop(name)
            if text != NOT_THERE:
                values[name] = self._shared(name, text)
        trial = msgspec.structs.asdict(values["trial"])
        values["trial"] = Trial(**trial | {OPTIMIZER: self._shared(OPTIMIZER, trial[OPTIMIZER])})
        for block in values["blocks"]:
            if not (0 <= block.steps <= MOST and 0 <= block.samples <= MOST):
                raise ValueError("a count out of range")
        return Record(**values)

    def _shared(self, name: str, text: msgspec.Raw) -> Any:
        known, key = self._of_text[name], bytes(text)
        if key not in known:
            known[key] = _PARTS[name](text)
        return known[key]

    def _any(self, line: bytes) -> Record:
        try:
            document = msgspec.json.decode(line)
        except NO_RECORD:
            # Broken bytes, numbers and characters that only Python's own decoder takes; and it says
            # what is wrong in words that do not change with the library.
            return decode(line)
        if isinstance(document, dict):
            self._share(document)
        return from_document(document, self._certificate)

    def _share(self, document: dict[str, Any]) -> None:
        for name in SHARED:
            if part := document.get(name):
                document[name] = self._parts.setdefault(msgspec.json.encode(part), part)

    def _certificate(self, document: Mapping[str, Any]) -> Certificate:
        # By identity: the document is one of the shared parts, which live as long as this reader.
        if id(document) not in self._certificates:
            self._certificates[id(document)] = Certificate.from_document(document)
        return self._certificates[id(document)]


def _structure(kind: type, types: Mapping[str, Any], **how: Any) -> type[msgspec.Struct]:
    """A structure with the fields of a dataclass, of the same types but for some."""
    hints = {**get_type_hints(kind), **types}
    return msgspec.defstruct(
        kind.__name__,
        [(item.name, hints[item.name], _default(item, hints[item.name])) for item in fields(kind)],
        kw_only=True,
        gc=False,
        **how,
    )


def _default(item: Field[Any], wanted: Any) -> Any:
    """What the field is where it is not in the file; of some it has to be."""
    if wanted is msgspec.Raw:
        return NOT_THERE
    if item.name in REQUIRED:
        return msgspec.field()
    if item.default_factory is not MISSING:
        return msgspec.field(default_factory=item.default_factory)
    return msgspec.field() if item.default is MISSING else msgspec.field(default=item.default)


# Those parts of a record that are shared are text in it.
_TRIAL = _structure(Trial, {OPTIMIZER: msgspec.Raw}, forbid_unknown_fields=True)
_RECORD = msgspec.json.Decoder(
    _structure(
        Record,
        {"schema": Literal[SCHEMA], "trial": _TRIAL} | dict.fromkeys(SHARED, msgspec.Raw),
    )
)
_HINTS = get_type_hints(Record)


def _certificate(text: msgspec.Raw) -> Certificate | None:
    found = msgspec.json.decode(text)
    return None if found is None else Certificate.from_document(found)


def _optimizer(text: msgspec.Raw) -> Optimizer:
    return Optimizer.from_document(msgspec.json.decode(text))


_PARTS: dict[str, Callable[[msgspec.Raw], Any]] = {
    name: msgspec.json.Decoder(_HINTS[name]).decode for name in SHARED
} | {"certificate": _certificate, OPTIMIZER: _optimizer}
