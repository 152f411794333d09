"""The parts of a record that hold numbers: which there are, and what each is in words.

The words beside a field are all that a new number needs to be seen: it is a column of every table
of trials (`reports.trials.columns`), and docs/reference/records.md and columns.md are made from it.
A `Column` in place of the words says how the column differs from the field. What is not known is
None and is not written; what a newer version wrote is passed over.

These are structures of msgspec rather than dataclasses since a run's page reads millions of them:
they are made as a line is decoded, and Python's collector of garbage need not look at them.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any, Literal, get_type_hints

import msgspec


@dataclass(frozen=True)
class Column:
    """What a field holds, in words, and the column that tables of trials have of it.

    Attributes:
        name: of the column; empty where it is the field's.
        mean_with: field whose mean with this one makes the column.
        shown: whether there is such a column.
    """

    words: str
    name: str = ""
    mean_with: str = ""
    shown: bool = True


Hidden = partial(Column, shown=False)


class Part(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Some numbers of one trial."""


Number = float | None
Count = int | None


class Times(Part, frozen=True, rename=lambda name: name.removesuffix("_seconds")):
    """Seconds, by the host's clock."""

    import_seconds: Annotated[Number, "importing the framework"] = None
    inputs_seconds: Annotated[Number, "opening and checking weights, data and batch order"] = None
    build_seconds: Annotated[Number, "building the model and loading its weights"] = None
    first_step_seconds: Annotated[Number, "the first training step, which includes compilation"] = (
        None
    )
    evaluation_seconds: Annotated[Number, "all evaluations together"] = None
    exit_seconds: Annotated[
        Number, "from the worker's last event to its end, the framework's teardown"
    ] = None
    process_seconds: Annotated[
        Number, "the worker process from start to end, but for its wait to begin the training"
    ] = None
    waiting_seconds: Annotated[
        Number,
        Hidden("what of that it slept while the trial that it took turns with had its turn"),
    ] = None
    pending_seconds: Annotated[
        Number,
        Hidden(
            "how long the device was still busy after a block although the implementation had "
            "synchronized it, the median over the blocks: what reading the last loss took"
        ),
    ] = None


class Load(Part, frozen=True):
    """What else the machine did meanwhile, and how fast it was."""

    worker_seconds: Annotated[
        Number,
        Column("processor time of the worker, user and system", "worker_processor_seconds"),
    ] = None
    other_seconds: Annotated[
        Number, Hidden("processor time of everything else, the host included")
    ] = None
    other_share: Annotated[
        Number,
        Column(
            "share of all processors that other programs took meanwhile, 0 to 1", "other_load_share"
        ),
    ] = None
    steal_share: Annotated[
        Number, "the part of it that a hypervisor took for other guests, 0 to 1"
    ] = None
    involuntary_switches: Annotated[
        Number, "times that the worker had to leave a processor to somebody else"
    ] = None
    hashes_per_second_before: Annotated[
        Number,
        Column(
            "speed of fixed work of the host around the trial: SHA-256 rounds",
            "machine_hashes_per_second",
            mean_with="hashes_per_second_after",
        ),
    ] = None
    hashes_per_second_after: Annotated[Number, Hidden("the same right after the worker")] = None
    copied_bytes_per_second_before: Annotated[
        Number,
        Column(
            "the same of copying memory; mean of before and after",
            "machine_copied_bytes_per_second",
            mean_with="copied_bytes_per_second_after",
        ),
    ] = None
    copied_bytes_per_second_after: Annotated[Number, Hidden("the same right after the worker")] = (
        None
    )
    throttle_events: Annotated[Number, "times that heat slowed a core or a package down"] = None
    gpu_thermal_seconds: Annotated[Number, "how long heat kept the GPU's clocks down"] = None
    device_other_processes: Annotated[
        Number, "others' processes on the GPU right before or after, as NVML lists"
    ] = None
    device_unreleased_bytes: Annotated[
        Number, Hidden("GPU memory still taken 30 s after the worker's end, if it was not free")
    ] = None
    starting_workers: Annotated[
        Count, "workers that imported and built at the same time, before any of them trained"
    ] = None


class Memory(Part, frozen=True):
    """Bytes: by the worker, by its framework's allocator, and as seen from outside."""

    peak_resident_bytes: Annotated[Count, "largest resident set of the worker process"] = None
    peak_anonymous_bytes: Annotated[
        Count, "largest sample of what the worker and its descendants had allocated"
    ] = None
    resident_after_import_bytes: Annotated[
        Count, "largest resident set until the framework was imported"
    ] = None
    anonymous_after_import_bytes: Annotated[
        Count, "anonymous memory when the framework had been imported"
    ] = None
    resident_after_build_bytes: Annotated[
        Count, "largest resident set until the model was built"
    ] = None
    anonymous_after_build_bytes: Annotated[
        Count, "anonymous memory when the model had been built"
    ] = None
    anonymous_at_end_bytes: Annotated[Count, "anonymous memory after training"] = None
    allocator_after_build_bytes: Annotated[
        Count, Hidden("what the framework's GPU allocator had given out for the built model")
    ] = None
    allocator_at_end_bytes: Annotated[Count, Hidden("the same after training")] = None
    allocator_peak_bytes: Annotated[
        Count, "most that the framework's GPU allocator gave out at once"
    ] = None
    allocator_reserved_bytes: Annotated[
        Count, "what the framework's GPU allocator took from the device"
    ] = None
    device_peak_bytes: Annotated[
        Count, "largest sampled GPU memory of the worker, as the driver counts it"
    ] = None
    device_after_import_bytes: Annotated[Count, "the same when the framework had been imported"] = (
        None
    )
    device_after_build_bytes: Annotated[Count, "the same when the model had been built"] = None
    device_total_increase_bytes: Annotated[
        Count, "most GPU memory in use by anybody, less that before the worker"
    ] = None


class Energy(Part, frozen=True):
    """Joules by source, and what they belong to."""

    gpu_joules: Annotated[
        Number, "of the GPU's board, over those measured blocks whose energy is known"
    ] = None
    cpu_package_joules: Annotated[Number, "of all processor packages, over the same blocks"] = None
    samples: Annotated[Number, Column("samples of those blocks", "energy_samples")] = None
    seconds: Annotated[
        Number, Column("seconds of those blocks, by the host's clock", "energy_seconds")
    ] = None


class StepCost(Part, frozen=True):
    """What one training step costs by the model's spec."""

    operations: Annotated[
        Number,
        Column("floating-point operations of a step, by the model's spec", "step_operations"),
    ] = None
    bytes: Annotated[
        Number,
        Column("least bytes of a step to and from memory, by the model's spec", "step_bytes"),
    ] = None


class TimedBlock(msgspec.Struct, frozen=True, gc=False):
    """Consecutive training steps between two synchronizations of the device.

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


class Epoch(msgspec.Struct, frozen=True, gc=False):
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


class BlockEnergy(msgspec.Struct, frozen=True):
    """What went into one block; `seconds` lie between the readings that `joules` come from."""

    seconds: float
    joules: dict[str, float]


class MachineFinding(msgspec.Struct, frozen=True):
    """What was found of a machine: a `problem` keeps a run from working, a `note` bears on it."""

    topic: str
    verdict: Literal["ok", "note", "problem"]
    detail: str


def note_if(noteworthy: bool, topic: str, detail: str) -> MachineFinding:
    """Return a note where the detail is noteworthy, or else that all is well."""
    return MachineFinding(topic, "note" if noteworthy else "ok", detail)


def columns_of(kind: type[msgspec.Struct]) -> dict[str, Column]:
    """Return what each field of a part is, by the field's name; each column has a name."""
    hints: dict[str, Any] = get_type_hints(kind, include_extras=True)
    columns = {}
    for field in kind.__struct_fields__:
        (what,) = hints[field].__metadata__
        column = Column(what) if isinstance(what, str) else what
        columns[field] = replace(column, name=column.name or field)
    return columns
