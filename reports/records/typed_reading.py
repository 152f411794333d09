"""Records decoded by their types, in one go, by the library msgspec."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, Literal, get_type_hints

import msgspec

from bench.optimizer import Optimizer
from bench.records.certificate import Certificate
from bench.records.results import MOST, SCHEMA, Record, Trial
from reports.records.reading import SHARED, Reader

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


class TypedReader(Reader):
    """Of the newest schema's records each value is checked by its type as it is read."""

    def __init__(self) -> None:
        super().__init__()
        # By the text of a part, which is equal where the part is.
        self._of_text: dict[str, dict[bytes, Any]] = {name: {} for name in (*SHARED, OPTIMIZER)}

    def decode(self, line: bytes) -> Record:
        """As `bench.records.results.decode`."""
        try:
            return self._typed(line)
        except NO_RECORD:
            # An older record, one with a null for a number, or none at all.
            return super().decode(line)

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

    def _document(self, line: bytes) -> Any:
        try:
            return msgspec.json.decode(line)
        except NO_RECORD:
            # Broken bytes, numbers and characters that only Python's own decoder takes; and it says
            # what is wrong in words that do not change with the library.
            return super()._document(line)

    def _text(self, part: Any) -> str | bytes:
        try:
            return msgspec.json.encode(part)
        except UnicodeEncodeError:  # half of a surrogate pair
            return super()._text(part)


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
