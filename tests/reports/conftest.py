"""Synthetic records for the tests of `reports`: plausible numbers, no randomness."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bench.optimizer import Optimizer
from bench.records.ceilings import Ceiling
from bench.records.certificate import Certificate, Worst
from bench.records.lines import ceiling_in, encode
from bench.records.parts import (
    Energy,
    Epoch,
    Load,
    MachineFinding,
    Memory,
    StepCost,
    TimedBlock,
    Times,
)
from bench.records.results import RECORDS_FILE, TRIAL_FIELDS, Record, Trial

VERSIONS = {"pytorch": "2.13.0", "tensorflow": "2.21.0", "mxnet": "1.9.1"}
SPEEDS = {"pytorch": 12_000.0, "tensorflow": 5_400.0, "mxnet": 4_920.0}

MACHINE: dict[str, Any] = {
    "cpu": "Example CPU 9000 @ 2.60GHz",
    "physical_cores": 4,
    "logical_processors": 8,
    "usable_processors": 6,
    "memory_bytes": 16 * 2**30,
    "operating_system": "Debian GNU/Linux 13",
    "kernel": "6.12.0",
    "architecture": "x86_64",
    "gpus": [],
    "gpu_driver": None,
    "gpu_reason": "no NVIDIA driver answers",
}

# Two frameworks, of which one has the faster product and the other the faster copy.
CEILINGS: dict[str, Any] = {
    "operations_per_second": 1e11,
    "operations_framework": "pytorch",
    "bytes_per_second": 2e10,
    "bytes_framework": "mxnet",
    "products": {
        "pytorch": {"amount": 10**10, "seconds": [0.1, 0.1, 0.2]},
        "mxnet": {"amount": 10**10, "seconds": [0.2]},
    },
    "copies": {
        "pytorch": {"amount": 10**9, "seconds": [0.1]},
        "mxnet": {"amount": 10**9, "seconds": [0.05]},
    },
    "reasons": {"tensorflow": "It has no ceilings.py."},
}
ABSENT = {
    "device_seconds": "On the CPU there is no clock but the host's.",
    "gpu_joules": "The trial ran on the CPU.",
    "cpu_package_joules": "There is no counter.",
    "device_peak_bytes": "The trial ran on the CPU.",
    "allocator_peak_bytes": "It does not tell.",
}
PARTS: dict[str, Any] = {
    "seconds": Times,
    "load": Load,
    "memory": Memory,
    "energy": Energy,
    "cost": StepCost,
    "fitness": tuple[MachineFinding, ...],
}

MakeRecord = Callable[..., Record]


def make_certificate(**changes: Any) -> Certificate:
    """A verified certificate."""
    certificate = Certificate(
        verdict="verified",
        reason=None,
        digest="e" * 64,
        checked="2026-03-04T05:00:00+00:00",
        quantities=420,
        worst=(
            Worst("float64", "gradients", "gradient of conv1.weight", 2.1e-15, 1e-9),
            Worst("float64", "weights after 10 steps", "fc1.weight", 1.9e-15, 1e-9),
            Worst("ieee", "weights after 10 steps", "fc3.bias", 6.2e-7, 1e-4),
        ),
    )
    return replace(certificate, **changes)


def make_record(framework: str = "pytorch", **changes: Any) -> Record:
    """A finished record; `changes` go to the trial if it has such a field, else to the record."""
    trial = Trial(
        model="lenet",
        dataset="digits",
        framework=framework,
        mode="eager",
        settings="default",
        precision="ieee",
        device="cpu",
        batch_size=64,
        epochs=3,
        optimizer=Optimizer("sgd", 0.05, 0.9),
        seed=1,
        repeat=1,
    )
    # `epochs` is a number in a trial and what was measured in a record.
    measured = isinstance(changes.get("epochs"), tuple)
    names = [
        name for name in changes if name in TRIAL_FIELDS and not (name == "epochs" and measured)
    ]
    of_trial = {name: changes.pop(name) for name in names}
    speed = SPEEDS.get(framework, 3_000.0)
    record = Record(
        run="quick",
        trial=replace(trial, **of_trial),
        status="ok",
        reason=None,
        started="2026-03-04T05:06:07+00:00",
        plan="quick",
        commit="0123456789abcdef",
        machine=MACHINE,
        threads=2,
        environment={"OMP_NUM_THREADS": "2"},
        framework_version=VERSIONS.get(framework, "0.1"),
        versions={"python": "3.11.9", "numpy": "2.4.6", framework: VERSIONS.get(framework, "0.1")},
        digests={"weights": "a" * 64, "data": "b" * 64, "order": "c" * 64},
        parameters=61_706,
        seconds=Times(
            import_seconds=1.5,
            inputs_seconds=0.1,
            build_seconds=0.25,
            first_step_seconds=0.5,
            evaluation_seconds=0.2,
            exit_seconds=0.3,
            pending_seconds=2e-5,
            process_seconds=6.0,
        ),
        load=Load(
            worker_seconds=7.0,
            other_seconds=0.05,
            other_share=0.004,
            hashes_per_second_before=4.7e6,
            hashes_per_second_after=4.8e6,
            copied_bytes_per_second_before=2.4e10,
            copied_bytes_per_second_after=2.3e10,
            involuntary_switches=12,
        ),
        position=1,
        steady="steady",
        absent=ABSENT,
        cost=StepCost(operations=6.4e7, bytes=8e6),
        dropout=0.0,
        ceilings=Ceiling.from_document(CEILINGS),
        blocks=make_blocks(speed, (0.9, 0.95, 1.0, 1.05, 1.1)),
        epochs=make_epochs((0.90, 0.95, 0.97)),
        losses=tuple(2.3 - 0.01 * step for step in range(10)),
        memory=Memory(
            peak_resident_bytes=300 * 2**20,
            peak_anonymous_bytes=150 * 2**20,
            resident_after_import_bytes=200 * 2**20,
            resident_after_build_bytes=250 * 2**20,
            anonymous_after_import_bytes=90 * 2**20,
            anonymous_after_build_bytes=110 * 2**20,
        ),
        test_samples=360,
        certificate=make_certificate(),
    )
    return replace(record, **{name: _part(name, value) for name, value in changes.items()})


def _part(name: str, value: Any) -> Any:
    """A part of a record, which tests may write as a file has it."""
    if name == "ceilings" and isinstance(value, dict):
        return ceiling_in(value)
    if name in PARTS and not isinstance(value, msgspec.Struct):
        return msgspec.convert(value, PARTS[name])
    return value


def make_blocks(speed: float, factors: Sequence[float]) -> tuple[TimedBlock, ...]:
    """A first step, a warm-up far off, then a block of 640 samples for each factor of `speed`."""
    warmup = (TimedBlock(1, 64, 0.5, True), TimedBlock(9, 576, 0.4, True))
    return warmup + tuple(TimedBlock(10, 640, 640 / (speed * factor), False) for factor in factors)


def make_epochs(accuracies: Sequence[float]) -> tuple[Epoch, ...]:
    """An epoch for each test accuracy."""
    return tuple(
        Epoch(0.5 / number, 0.6 / number, accuracy, 0.3, 0.05, number)
        for number, accuracy in enumerate(accuracies, start=1)
    )


def make_invocations(framework: str, speeds: Sequence[float], **changes: Any) -> list[Record]:
    """A finished invocation for each speed, the median of its five blocks."""
    return [
        make_record(
            framework,
            repeat=repeat,
            blocks=make_blocks(speed, (0.98, 0.99, 1.0, 1.01, 1.02)),
            **changes,
        )
        for repeat, speed in enumerate(speeds, start=1)
    ]


def make_failure(framework: str = "mxnet", **changes: Any) -> Record:
    """A trial that ended before it measured anything."""
    nothing: dict[str, Any] = {
        "status": "skipped",
        "reason": "MXNet 1.9.1 has no machine code for this GPU.",
        "framework_version": None,
        "versions": {},
        "digests": {},
        "parameters": None,
        "seconds": Times(),
        "blocks": (),
        "epochs": (),
        "losses": (),
        "memory": Memory(),
        "position": 2,
        "steady": None,
        "absent": {},
        "test_samples": None,
        "certificate": None,
        "log": "logs/mxnet.txt",
    }
    return make_record(framework, **(nothing | changes))


def write_run(folder: Path, records: Sequence[Record]) -> Path:
    """A run's folder with the records in it."""
    folder.mkdir(parents=True)
    lines = "".join(encode(record) + "\n" for record in records)
    (folder / RECORDS_FILE).write_text(lines)
    return folder


@pytest.fixture
def record() -> MakeRecord:
    """Makes finished records."""
    return make_record


@pytest.fixture
def invocations() -> Callable[..., list[Record]]:
    """Makes several finished invocations of a row."""
    return make_invocations


@pytest.fixture
def certificate() -> Callable[..., Certificate]:
    """Makes certificates."""
    return make_certificate


@pytest.fixture
def failure() -> MakeRecord:
    """Makes records of trials that did not finish."""
    return make_failure


@pytest.fixture
def blocks() -> Callable[[float, Sequence[float]], tuple[TimedBlock, ...]]:
    """Makes the blocks of a record."""
    return make_blocks


@pytest.fixture
def epochs() -> Callable[[Sequence[float]], tuple[Epoch, ...]]:
    """Makes the epochs of a record."""
    return make_epochs


@pytest.fixture
def save() -> Callable[[Path, Sequence[Record]], Path]:
    """Writes a run's folder."""
    return write_run


@pytest.fixture
def three(record: MakeRecord) -> list[Record]:
    """One finished trial in each of three frameworks."""
    return [record(framework) for framework in SPEEDS]
