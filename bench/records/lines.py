"""Records as lines of JSON, and back: the one reader of records there is.

A line of the newest schema is checked and decoded by the types of `Record` in one go. Any other
line is made into a document of the newest schema, step by step, and then decoded the same way.
"""

import json
import math
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_type_hints

import msgspec

from bench.errors import ResultsError, describe_parse_error, explain_os_error
from bench.job import NATIVE, PREPARED
from bench.optimizer import RULES, Optimizer
from bench.records.ceilings import UNREADABLE, Ceiling
from bench.records.certificate import Certificate
from bench.records.results import RECORDS_FILE, SCHEMA, Record, Trial

MOST = 2**53
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
    "fitness",
    "absent",
)
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


def encode(record: Record) -> str:
    """Return the record as one line of JSON without its line end.

    JSON has no NaN and no infinity: such a number becomes null.
    """
    document = {"schema": record.schema, **msgspec.to_builtins(record)}
    # What was not measured has no number: older readers expect an object.
    document["ceilings"] = document["ceilings"] or {}
    return json.dumps(to_finite(document), allow_nan=False, separators=(",", ":"))


def to_finite(value: Any) -> Any:
    """Return what JSON can hold of a document: null for each number that is not finite."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: to_finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_finite(item) for item in value]
    return value


class Reader:
    """Reads records files; a part that is equal in several records is one object in all of them.

    Nobody may change a record's parts.
    """

    def __init__(self) -> None:
        # By the text of a part, which is equal where the part is.
        self._parts: dict[str, dict[bytes, Any]] = {name: {} for name in _PARTS}

    def read(self, path: Path) -> tuple[list[Record], list[str]]:
        """Return the records of a file, and one line for each of its lines that is no record.

        Raises:
            ResultsError: the file cannot be read.
        """
        remedy = f"expected a run's {RECORDS_FILE}; run `tox -e bench` to make one."
        failure = f"Records {str(path)!r} cannot be read"
        with explain_os_error(ResultsError, failure, remedy), path.open("rb") as file:
            return self.read_lines(file, path.name)

    def read_lines(self, lines: Iterable[bytes], name: str) -> tuple[list[Record], list[str]]:
        """Decode records from any iterable of lines, as `read` does.

        Args:
            name: what the lines are called where one of them is no record.
        """
        records: list[Record] = []
        problems: list[str] = []
        for number, line in enumerate(lines, start=1):
            # An editor's mark of byte order is no part of the first record.
            line = line.removeprefix(BOM_UTF8) if number == 1 else line
            if not line.strip():
                continue
            try:
                records.append(self.decode(line))
            except ResultsError as error:
                problems.append(f"{name}, line {number} was left out: {error}")
        return records, problems

    def decode(self, line: str | bytes) -> Record:
        """Return the record in a line of JSON; fields that this version does not know are ignored.

        Raises:
            ResultsError: the line is not a record of a schema that this version reads.
        """
        try:
            return self._record(_LINES.decode(line))
        except NO_RECORD:
            # An older record, one with a null for a number, or none at all.
            document = _newest(_parse(line))
        try:
            raw = {name: _raw(document[name]) for name in SHARED if name in document}
            trial = document["trial"]
            trial = {**trial, OPTIMIZER: _raw(trial[OPTIMIZER])}
            return self._record(msgspec.convert({**document, **raw, "trial": trial}, _Line))
        except NO_RECORD as error:
            raise _no_record(error) from error

    def _record(self, line: msgspec.Struct) -> Record:
        values = msgspec.structs.asdict(line)
        for name in SHARED:
            values[name] = self._part(name, values[name])
        trial = msgspec.structs.asdict(values["trial"])
        trial[OPTIMIZER] = self._part(OPTIMIZER, trial[OPTIMIZER])
        values["trial"] = Trial(**trial)
        for block in values["blocks"]:
            if not (0 <= block.steps <= MOST and 0 <= block.samples <= MOST):
                raise ValueError(f"{block} has a number of steps or samples that is no count")
        return Record(**values)

    def _part(self, name: str, text: msgspec.Raw) -> Any:
        parts, key = self._parts[name], bytes(text)
        if key not in parts:
            try:
                parts[key] = _PARTS[name](json.loads(key))
            except NO_RECORD as error:
                raise ValueError(f"{error}, in the field {name!r}") from error
        return parts[key]


def read_records(path: Path) -> tuple[list[Record], list[str]]:
    """Return the records of one file: `Reader.read`."""
    return Reader().read(path)


def _parse(line: str | bytes) -> Any:
    # A broken byte is a character that is none: the rest of its record may be whole.
    text = line.decode("utf-8", errors="replace") if isinstance(line, bytes) else line
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ResultsError(f"It is not JSON ({describe_parse_error(error)}).") from error


def _newest(document: Any) -> dict[str, Any]:
    """A document of any schema as one of the newest, with NaN for each number that is null."""
    if not isinstance(document, dict) or "schema" not in document:
        raise ResultsError("It is not a record: the field 'schema' is missing.")
    schema = document["schema"]
    # True is an int, and equal to 1.
    if type(schema) is not int or not 1 <= schema <= SCHEMA:
        raise ResultsError(
            f"Its schema is {schema!r}, this version of samestep reads 1 to {SCHEMA}; "
            "read it with the version that wrote it."
        )
    try:
        # Schemas 3 to 5 added nothing that every record has.
        document = _from_1(document) if schema == 1 else document
        return {
            **document,
            "schema": SCHEMA,
            "losses": [_nan_for_null(loss) for loss in document["losses"]],
            "blocks": [_numbers(block) for block in document["blocks"]],
            "epochs": [_numbers(epoch) for epoch in document["epochs"]],
        }
    except NO_RECORD as error:
        raise _no_record(error) from error


def _numbers(document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value if name == "device_seconds" else _nan_for_null(value)
        for name, value in document.items()
    }


def _nan_for_null(value: Any) -> Any:
    return math.nan if value is None else value


def _no_record(error: Exception) -> ResultsError:
    missing = f"the field {error} is missing" if isinstance(error, KeyError) else ""
    what = missing or describe_parse_error(error)
    return ResultsError(f"It is not a record of schema {SCHEMA}: {what}.")


def _from_1(document: Mapping[str, Any]) -> dict[str, Any]:
    """Every epoch was evaluated, images had the framework's own layout, batches were prepared."""
    added = {"layout": NATIVE, "input": PREPARED, "evaluate_every": 1}
    return {
        **document,
        "trial": added | document["trial"],
        "epochs": [
            {"number": position} | epoch
            for position, epoch in enumerate(document["epochs"], start=1)
        ],
    }


def _raw(part: Any) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(part).encode())


def ceiling_in(document: Any) -> Ceiling | None:
    """Return a record's ceilings; what are none cost it its rooflines, not the rest."""
    try:
        return Ceiling.from_document(document) if document else None
    except NO_RECORD:
        return UNREADABLE


def convert_whole(document: Any, kind: Any) -> Any:
    """Convert a document to a dataclass.

    Raises:
        TypeError, ValueError, ValidationError: it is none; or it says more than this version
            understands.
    """
    if unknown := set(document) - {item.name for item in fields(kind)}:
        raise ValueError(f"Unknown fields {sorted(unknown)}")
    return msgspec.convert(document, kind)


def optimizer_in(document: Any) -> Optimizer:
    """Return a trial's optimizer; its rule may be one that a newer version has."""
    optimizer: Optimizer = convert_whole(document | {"name": RULES[0]}, Optimizer)
    return replace(optimizer, name=msgspec.convert(document["name"], str))


def _by_type(kind: Any) -> Callable[[Any], Any]:
    def part_in(document: Any) -> Any:
        if kind == dict[str, str] and isinstance(document, dict):
            for name, value in document.items():
                if not isinstance(value, str):
                    raise TypeError(f"{name!r} is {value!r}, which is no text")
        return msgspec.convert(document, kind)

    return part_in


OPTIMIZER = "optimizer"
_HINTS = get_type_hints(Record)
_PARTS: dict[str, Callable[[Any], Any]] = {
    **{name: _by_type(_HINTS[name]) for name in SHARED},
    "ceilings": ceiling_in,
    "certificate": lambda document: (
        None if document is None else convert_whole(document, Certificate)
    ),
    OPTIMIZER: optimizer_in,
}


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


def _default(item: "Field[Any]", kind: Any) -> Any:
    """What the field is where it is not in the file; of some it has to be."""
    if item.name in REQUIRED or (item.default is MISSING and item.default_factory is MISSING):
        return msgspec.field()
    default = item.default if item.default_factory is MISSING else item.default_factory()
    if kind is msgspec.Raw:
        default = _raw(msgspec.to_builtins(default))
    # Parts that are not shared cannot be changed: one default does for all records.
    return msgspec.field(default=default)


# Those parts of a record that are shared are text in it.
_TRIAL = _structure(Trial, {OPTIMIZER: msgspec.Raw}, forbid_unknown_fields=True)
_Line = _structure(
    Record, {"schema": Literal[SCHEMA], "trial": _TRIAL} | dict.fromkeys(SHARED, msgspec.Raw)
)
_LINES = msgspec.json.Decoder(_Line)
