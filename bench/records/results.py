"""The record of one trial: the project's public contract, schema version 5.

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
    5: a trial may have `variables`.
"""

from dataclasses import dataclass, field, fields
from typing import Any, Literal

from bench.job import NATIVE, PREPARED
from bench.optimizer import Optimizer
from bench.records.ceilings import Ceiling
from bench.records.certificate import Certificate
from bench.records.parts import (
    BlockEnergy,
    Energy,
    Epoch,
    Load,
    MachineFinding,
    Memory,
    StepCost,
    TimedBlock,
    Times,
)
from bench.records.variables import name_variables

SCHEMA = 5
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
        input: `prepared` arrays, those on the `device` before, or the framework's `native` loader.
        evaluate_every: epochs from one evaluation on the test data to the next.
        pin: the framework's version that was asked for; empty for that of its own requirements.
        revision: samestep's commit whose worker and implementation run, where it is another than
            that of the host.
        variables: what the plan's `environment` hands on (`bench.records.variables`).
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
    variables: str = ""

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
        variables = (name_variables(self.variables),) if self.variables else ()
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
                *variables,
                f"batch{self.batch_size}",
            )
        )


def edition(name: str, pin: str, revision: str) -> str:
    """A name with the version that was asked for and the revision that runs, where given."""
    at = f"@{pin}" if pin else ""
    return f"{name}{at}~{revision[:COMMIT_DIGITS]}" if revision else name + at


TRIAL_FIELDS = tuple(item.name for item in fields(Trial))
# How a framework is run: what tells the rows of a framework's version apart, beyond its work.
WAY_FIELDS = ("mode", "settings", "layout", "input", "variables")


@dataclass(frozen=True, slots=True)
class Record:
    """What a trial gave; a failed one keeps what it had given until then.

    Attributes:
        position: of the trial in its run, from 1: trials run in a random order.
        in_turns_with: the name of the trial that it took turns with, block by block: the n-th block
            of each was trained right after or before that of the other.
        steady: what the blocks after the first ones look like (`bench.host.session.transcript`).
        energy: of the measured blocks.
        block_energy: of each block in the order of `blocks`, None where it is not known.
        absent: why a quantity is not known, by its name.
        tuning: what `tuned` settings consist of, and where they come from.
        withheld: names of the user's variables that a framework would heed and did not get.
        dropout: the largest share of units that the model zeroes at random; None where it is not
            known.
        ceilings: what the machine reached in the same run; None where that was not measured.
        fitness: what `python -m bench doctor` says of the machine, beyond what is well.
        framework_title, model_title: what reports call them; None where it is not known.
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
    seconds: Times = field(default_factory=Times)
    blocks: tuple[TimedBlock, ...] = ()
    epochs: tuple[Epoch, ...] = ()
    losses: tuple[float, ...] = ()
    memory: Memory = field(default_factory=Memory)
    load: Load = field(default_factory=Load)
    position: int | None = None
    in_turns_with: str | None = None
    steady: str | None = None
    energy: Energy = field(default_factory=Energy)
    block_energy: tuple[BlockEnergy | None, ...] = ()
    absent: dict[str, str] = field(default_factory=dict)
    tuning: dict[str, Any] = field(default_factory=dict)
    withheld: tuple[str, ...] = ()
    cost: StepCost = field(default_factory=StepCost)
    dropout: float | None = None
    ceilings: Ceiling | None = None
    fitness: tuple[MachineFinding, ...] = ()
    test_samples: int | None = None
    certificate: Certificate | None = None
    log: str | None = None
    framework_title: str | None = None
    model_title: str | None = None
    schema: int = SCHEMA

    @property
    def measured_blocks(self) -> tuple[TimedBlock, ...]:
        """The blocks after warm-up, those that statistics are made from."""
        return tuple([block for block in self.blocks if not block.warmup])
