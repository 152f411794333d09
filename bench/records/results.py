"""The record of one trial: the project's public contract, schema version 4. Standard library only.

`docs/reference/records.md` describes every field with its unit. A record is one line of
JSON in `results/<run>/records.jsonl`.

Schema history:
    1: first version. What came later was added to it: a file of version 1 may have all that version
       2 asks for, or none of it.
    2: a trial has `layout`, `input` and `evaluate_every`, a block `device_seconds`, an evaluation
       the `number` of its epoch.
    3: a trial may have `pin` and `revision`.
    4: `status` may also be one of `crashed`, `diverged`, `garbled`, `no result` and `silent`, which
       were `failed` (or, of silence, `timeout`) before.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from bench.errors import ResultsError
from bench.job import NATIVE, PREPARED
from bench.optimizer import Optimizer
from bench.records.certificate import Certificate

SCHEMA = 4
COMMIT_DIGITS = 12
RECORDS_FILE = "records.jsonl"
# Above this share of the processors for others, a trial's times are called doubtful.
NOISY_SHARE = 0.05

Status = Literal[
    "ok",
    "crashed",  # by a signal, such as that of a segmentation fault
    "diverged",  # its loss is no longer a finite number
    "failed",  # an exception, or another exit status than 0
    "garbled",  # something else than events came from its worker
    "no result",  # exit status 0 without an end of the training
    "out of memory",  # of the host, by its own limit or the kernel's, or of the device
    "silent",  # no event for as long as the plan's silence_limit_seconds
    "skipped",  # it was not started
    "timeout",  # it took longer than the plan's time_limit_seconds
]


@dataclass(frozen=True, slots=True)
class Trial:
    """What was asked for: one model trained once in one framework, in a process of its own.

    Attributes:
        repeat: number of the invocation, from 1: fresh processes of what is otherwise the same.
        layout: in which images are computed: `native` to the framework, `NCHW` or `NHWC`.
        input: `prepared` arrays, or the framework's own (`native`) loader.
        evaluate_every: epochs from one evaluation on the test data to the next.
        pin: the framework's version that was asked for; empty for that of its own requirements.
        revision: samestep's commit whose worker and implementation run, where it is another than
            that of the host.
    """

    model: str
    dataset: str
    framework: str
    mode: str
    settings: str
    precision: str
    device: str
    batch_size: int
    epochs: int
    optimizer: Optimizer
    seed: int
    repeat: int
    layout: str = NATIVE
    input: str = PREPARED
    evaluate_every: int = 1
    pin: str = ""
    revision: str = ""

    @property
    def edition(self) -> str:
        """What of a framework runs: its name, and what differs from the checkout's own."""
        return edition(self.framework, self.pin, self.revision)

    @property
    def id(self) -> str:
        """A stable name: it tells a trial from every other trial of its plan."""
        own = edition(self.series, self.pin, self.revision)
        return f"{own}-seed{self.seed}-repeat{self.repeat}"

    @property
    def series(self) -> str:
        """What its invocations have in common, and those of other runs: a name for dashboards.

        What came later than the first records is in it only where it is not the default, so that
        names stay what they were.
        """
        layout = () if self.layout == NATIVE else (self.layout.lower(),)
        source = () if self.input == PREPARED else (f"{self.input}input",)
        return "-".join(
            (
                self.model,
                self.dataset,
                self.framework,
                self.mode,
                self.settings,
                self.precision,
                self.device,
                *layout,
                *source,
                f"batch{self.batch_size}",
            )
        )


def edition(name: str, pin: str, revision: str) -> str:
    """A name with the version that was asked for and the revision that runs, where given."""
    at = f"@{pin}" if pin else ""
    return f"{name}{at}~{revision[:COMMIT_DIGITS]}" if revision else name + at


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive training steps between two synchronisations of the device.

    Attributes:
        seconds: by the host's clock.
        warmup: whether it came before the steady state.
        device_seconds: by events in the device's own queue, None where there are none.
    """

    steps: int
    samples: int
    seconds: float
    warmup: bool
    device_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Epoch:
    """The training since the last evaluation, and the evaluation. Losses are means per sample.

    Attributes:
        seconds: of the blocks since the last evaluation.
        number: passes over the training data that are done.
    """

    train_loss: float
    test_loss: float
    test_accuracy: float
    seconds: float
    evaluation_seconds: float
    number: int


@dataclass(frozen=True, slots=True)
class Record:
    """What a trial gave; a failed one keeps what it had given until then.

    Attributes:
        position: of the trial in its run, from 1: trials run in a random order.
        in_turns_with: the name of the trial that it took turns with, block by block: the n-th block
            of each was trained right after or before that of the other.
        steady: what the blocks after the first ones look like (`bench.host.session.steady`).
        energy: joules of the measured blocks by source, with the samples and seconds that they
            belong to.
        block_energy: of each block in the order of `blocks`, None where it is not known: {seconds,
            joules by source}.
        absent: why a quantity is not known, by its name.
        tuning: what `tuned` settings consist of, and where they come from.
        cost: operations and bytes of one training step, from the model's spec.
        dropout: the share of units that the model zeroes at random; None where it is not known.
        ceilings: what the machine reached in the same run.
        fitness: what `python -m bench doctor` says of the machine, beyond what is well.
    """

    run: str
    trial: Trial
    status: Status
    reason: str | None
    started: str
    plan: str
    commit: str | None
    machine: dict[str, Any]
    threads: int
    environment: dict[str, str] = field(default_factory=dict)
    framework_version: str | None = None
    versions: dict[str, str] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    parameters: int | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()
    epochs: tuple[Epoch, ...] = ()
    losses: tuple[float, ...] = ()
    memory: dict[str, int] = field(default_factory=dict)
    load: dict[str, float] = field(default_factory=dict)
    position: int | None = None
    in_turns_with: str | None = None
    steady: str | None = None
    energy: dict[str, float] = field(default_factory=dict)
    block_energy: tuple[dict[str, Any] | None, ...] = ()
    absent: dict[str, str] = field(default_factory=dict)
    tuning: dict[str, Any] = field(default_factory=dict)
    cost: dict[str, float] = field(default_factory=dict)
    dropout: float | None = None
    ceilings: dict[str, Any] = field(default_factory=dict)
    fitness: tuple[dict[str, str], ...] = ()
    test_samples: int | None = None
    certificate: Certificate | None = None
    log: str | None = None
    schema: int = SCHEMA

    @property
    def measured_blocks(self) -> tuple[Block, ...]:
        """The blocks after warm-up, those that statistics are made from."""
        return tuple([block for block in self.blocks if not block.warmup])


def encode(record: Record) -> str:
    """The record as one line of JSON without its line end.

    JSON has no NaN and no infinity: such a number becomes null.
    """
    document = {"schema": record.schema, **asdict(record)}
    return json.dumps(_finite(document), allow_nan=False, separators=(",", ":"))


def decode(line: str | bytes) -> Record:
    """The record in a line of JSON; fields that this version does not know are ignored.

    Raises:
        ResultsError: the line is not a record of a schema that this version reads.
    """
    return from_document(document_of(line))


def document_of(line: str | bytes) -> Any:
    """What JSON makes of a line.

    Raises:
        ResultsError: it is not JSON.
    """
    # A broken byte is a character that is none: the rest of its record may be whole.
    text = line.decode("utf-8", errors="replace") if isinstance(line, bytes) else line
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ResultsError(f"It is not JSON ({error}).") from error


def from_document(
    document: Any,
    certificate_of: Callable[[Mapping[str, Any]], Certificate] = Certificate.from_document,
) -> Record:
    """The record in what JSON made of a line.

    Args:
        certificate_of: for readers of many records, most of which have the same.

    Raises:
        ResultsError: it is not a record of a schema that this version reads.
    """
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
        for version in range(schema, SCHEMA):
            document = MIGRATIONS[version](document)
        return _record(document, certificate_of)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise ResultsError(
            f"It is not a record of schema {SCHEMA}: {type(error).__name__}: {error}."
        ) from error


def read_records(
    path: Path, decode_line: Callable[[bytes], Record] | None = None
) -> tuple[list[Record], list[str]]:
    """The records of a file, and one line for each of its lines that is no record.

    Args:
        decode_line: for readers of many records; raises ResultsError as `decode` does.

    Raises:
        ResultsError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return read_lines(file, path.name, decode_line)
    except OSError as error:
        raise ResultsError(
            f"Records {str(path)!r} cannot be read ({error.strerror}); expected a run's "
            f"{RECORDS_FILE}; run `tox -e bench` to make one."
        ) from error


def read_lines(
    lines: Iterable[bytes], name: str, decode_line: Callable[[bytes], Record] | None = None
) -> tuple[list[Record], list[str]]:
    """The same of lines that come from anywhere.

    Args:
        name: what the lines are called where one of them is no record.
    """
    records: list[Record] = []
    problems: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            records.append((decode_line or decode)(line))
        except ResultsError as error:
            problems.append(f"{name}, line {number} was left out: {error}")
    return records, problems


def _from_1(document: Mapping[str, Any]) -> dict[str, Any]:
    """Every epoch was evaluated, images had the framework's own layout, batches were prepared."""
    added = {"layout": NATIVE, "input": PREPARED, "evaluate_every": 1}
    return {
        **document,
        "schema": 2,
        "trial": added | document["trial"],
        "blocks": [{"device_seconds": None} | block for block in document["blocks"]],
        "epochs": [
            {"number": position} | epoch
            for position, epoch in enumerate(document["epochs"], start=1)
        ],
    }


def _from_2(document: Mapping[str, Any]) -> dict[str, Any]:
    """Every trial ran the checkout's own implementation in the version that it asks for."""
    return {**document, "schema": 3}


def _from_3(document: Mapping[str, Any]) -> dict[str, Any]:
    """What a trial of a worker that crashed ended as, stays `failed`: nothing tells them apart."""
    return {**document, "schema": 4}


# By version: what makes a document of it one of the next.
MIGRATIONS: dict[int, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    1: _from_1,
    2: _from_2,
    3: _from_3,
}


def _record(
    document: Mapping[str, Any], certificate_of: Callable[[Mapping[str, Any]], Certificate]
) -> Record:
    if document["status"] not in get_args(Status):
        raise ValueError(f"status {document['status']!r} is none of {get_args(Status)}")
    values = {name: value for name, value in document.items() if name in FIELDS}
    _check_types(values)
    values["trial"] = _trial(document["trial"])
    values["blocks"] = tuple(_block(block) for block in document["blocks"])
    values["epochs"] = tuple(_epoch(epoch) for epoch in document["epochs"])
    values["losses"] = tuple(_number(loss) for loss in document["losses"])
    if (dropout := document.get("dropout")) is not None:
        values["dropout"] = _number(dropout)
    if (certificate := document.get("certificate")) is not None:
        values["certificate"] = certificate_of(certificate)
    for name in ("seconds", "load", "cost", "energy"):
        values[name] = {key: _number(value) for key, value in document.get(name, {}).items()}
    values["block_energy"] = tuple(document.get("block_energy", ()))
    values["fitness"] = tuple(dict(finding) for finding in document.get("fitness", ()))
    return Record(**values)


FIELDS = frozenset(item.name for item in fields(Record))
TRIAL_FIELDS = tuple(item.name for item in fields(Trial))
EPOCH_NUMBERS = tuple(item.name for item in fields(Epoch) if item.name != "number")
MOST = 2**53
TRIAL_NUMBERS = ("batch_size", "epochs", "seed", "repeat", "evaluate_every")
TEXTS = ("run", "started", "plan")
TEXTS_OR_NULL = ("reason", "commit", "framework_version", "log", "steady", "in_turns_with")
TEXTS_BY_NAME = ("environment", "versions", "digests", "absent")
OBJECTS = (
    *TEXTS_BY_NAME,
    "machine",
    "seconds",
    "memory",
    "load",
    "energy",
    "tuning",
    "cost",
    "ceilings",
)


def _check_types(values: Mapping[str, Any]) -> None:
    """Raise TypeError for a field that is not what readers rely on."""
    for names, kinds in (
        (TEXTS, (str,)),
        (TEXTS_OR_NULL, (str, type(None))),
        (OBJECTS, (dict,)),
        (("threads",), (int,)),
        (("parameters", "test_samples", "position"), (int, type(None))),
    ):
        for name in names:
            # A field that is not there has its default, or Record says that it is missing.
            if name in values and not isinstance(values[name], kinds):
                raise TypeError(f"the field {name!r} is {values[name]!r}")
    for name in TEXTS_BY_NAME:
        _check_values(name, values.get(name, {}), str)
    _check_values("memory", values.get("memory", {}), int)
    for finding in values.get("fitness", ()):
        _check_values("fitness", dict(finding), str)


def _check_values(name: str, table: Mapping[str, Any], kind: type) -> None:
    for key, value in table.items():
        if not isinstance(value, kind):
            raise TypeError(f"{key!r} in the field {name!r} is {value!r}")


def _trial(document: Mapping[str, Any]) -> Trial:
    trial = Trial(**{**document, "optimizer": Optimizer.from_document(document["optimizer"])})
    for name in TRIAL_FIELDS:
        value = getattr(trial, name)
        wanted = int if name in TRIAL_NUMBERS else str
        if name != "optimizer" and not isinstance(value, wanted):
            raise TypeError(f"{name!r} of the trial is {value!r}")
    return trial


def _block(document: Mapping[str, Any]) -> Block:
    device_seconds = document.get("device_seconds")
    return Block(
        steps=_count(document["steps"]),
        samples=_count(document["samples"]),
        seconds=_number(document["seconds"]),
        warmup=bool(document["warmup"]),
        device_seconds=None if device_seconds is None else _number(device_seconds),
    )


def _epoch(document: Mapping[str, Any]) -> Epoch:
    return Epoch(
        **{name: _number(document[name]) for name in EPOCH_NUMBERS}, number=int(document["number"])
    )


def _count(value: Any) -> int:
    """A whole number that a float can hold."""
    if type(value) is not int or not 0 <= value <= MOST:
        raise TypeError(f"{value!r} is no count")
    return value


def _number(value: float | None) -> float:
    """What `_finite` wrote, read back."""
    if value is not None and not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    return math.nan if value is None else float(value)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
