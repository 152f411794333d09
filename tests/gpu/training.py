"""Steps that are runs of a plan: `python -m tests.gpu.training STEP SETTINGS`."""

import os
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from bench.records.lines import read_records
from bench.records.parts import TimedBlock
from bench.records.results import RECORDS_FILE, Record
from tests.gpu.findings import Finding
from tests.gpu.settings import Settings

PLANS = Path(__file__).parent / "plans"
# A verification of ResNet-50 at 224x224 takes minutes, for its reference on the processor.
UNVERIFIED = ("throughput", "accuracy")
# What accuracy.toml calls the folder of its images.
IMAGES = "SAMESTEP_GPU_IMAGES"


def main(step: str, file: str) -> None:
    """Become the process that runs the step's plan, in $SAMESTEP_DATA or what it unpacks of it."""
    settings = Settings.read(Path(file))
    if step == "accuracy" and not settings.pretend:
        os.environ[IMAGES] = str(find_images(settings))
    command = build_command(step, settings)
    os.execv(command[0], command)


def find_images(settings: Settings) -> Path:
    """Find the folder of cifar10-jpeg; unpack the archive where only that is there."""
    folder = Path(os.environ.get("SAMESTEP_DATA", "")) / "cifar10-jpeg"
    if (folder / "train").is_dir():
        return folder
    archive = folder / "cifar10_jpeg.tar.gz"
    if not archive.is_file():
        sys.exit(
            f"There is neither {folder}/train nor {archive}; expected the images in "
            "$SAMESTEP_DATA/cifar10-jpeg; carry them there."
        )
    target = Path(settings.folder) / "images"
    with tarfile.open(archive) as stream:
        stream.extractall(target, filter="data")
    (train,) = target.glob("**/train")
    return train.parent


def build_command(step: str, settings: Settings) -> list[str]:
    """Build the command that runs a step's plan, or the small plan of a rehearsal."""
    return [
        *(sys.executable, "-m", "pytest", "bench/suite", "-q", "-p", "no:cacheprovider"),
        *("--plan", str(PLANS / f"{_name_plan(step, settings)}.toml")),
        *("--device", settings.device, "--results", str(settings.results), "--skip-ceilings"),
        *(["--skip-verification"] if step in UNVERIFIED or settings.pretend else []),
        *("--frameworks", ",".join(settings.pythons)),
        *(f"--python={name}={path}" for name, path in settings.pythons.items()),
    ]


def _name_plan(step: str, settings: Settings) -> str:
    return f"{step}-rehearsal" if settings.pretend else step


def list_runs(settings: Settings) -> list[Path]:
    """List the folders of the runs so far, oldest first."""
    return sorted(file.parent for file in settings.results.glob(f"*/{RECORDS_FILE}"))


def read_trials(step: str, settings: Settings) -> list[Finding]:
    """Read what a step's run recorded, finished or not."""
    suffix = f"-{_name_plan(step, settings)}"
    records = [
        record
        for folder in list_runs(settings)
        if folder.name.endswith(suffix)
        for record in read_records(folder / RECORDS_FILE)[0]
    ]
    return [_summarize(record, step) for record in records]


def _summarize(record: Record, step: str) -> Finding:
    trial = record.trial
    steady = [block for block in record.blocks if not block.warmup]
    return {
        "what": "trial",
        "step": step,
        "model": trial.model,
        "framework": trial.framework,
        "version": record.framework_version,
        "mode": trial.mode,
        "settings": trial.settings,
        "precision": trial.precision,
        "layout": trial.layout,
        "input": trial.input,
        "batch_size": trial.batch_size,
        "status": record.status,
        "reason": record.reason,
        "samples_per_second": _compute_rate(steady),
        "blocks": len(steady),
        "device_seconds_share": _compute_device_share(steady),
        "allocator_peak_bytes": record.memory.allocator_peak_bytes,
        "allocator_reserved_bytes": record.memory.allocator_reserved_bytes,
        "device_peak_bytes": record.memory.device_peak_bytes,
        "device_total_increase_bytes": record.memory.device_total_increase_bytes,
        "gpu_joules": record.energy.gpu_joules,
        "operations": record.cost.operations,
        "other_processes": record.load.device_other_processes,
        "first_step_seconds": record.seconds.first_step_seconds,
        "process_seconds": record.seconds.process_seconds,
        "training_seconds": sum(epoch.seconds for epoch in record.epochs),
        "accuracies": [epoch.test_accuracy for epoch in record.epochs],
        "absent": dict(record.absent),
    }


def _compute_rate(steady: Sequence[TimedBlock]) -> float | None:
    rates = [block.samples / block.seconds for block in steady if block.seconds > 0]
    return median(rates) if rates else None


def _compute_device_share(steady: Sequence[TimedBlock]) -> float | None:
    """Compute the time by the device's own clock as a share of that by the host's."""
    pairs = [
        (block.device_seconds, block.seconds)
        for block in steady
        if block.device_seconds is not None
    ]
    return sum(pair[0] for pair in pairs) / sum(pair[1] for pair in pairs) if pairs else None


if __name__ == "__main__":
    main(*sys.argv[1:])
