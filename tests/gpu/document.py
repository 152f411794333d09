"""What the examination leaves behind: gpu.json, the page, the records and what was printed.

Four files, written anew after each step, so that whatever ends it in the middle leaves what was
found until then.
"""

import json
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.host.machine.description import describe_machine, read_commit
from bench.records.lines import to_finite
from bench.records.results import RECORDS_FILE
from bench.records.whole_files import write_whole
from tests.gpu.points import judge_points
from tests.gpu.runner import StepResult, collect
from tests.gpu.settings import Settings
from tests.gpu.training import list_runs

SCHEMA = 1


def write_document(folder: Path, results: Sequence[StepResult], settings: Settings) -> None:
    """Write gpu.json: all findings, and a verdict on each point."""
    document = {
        "schema": SCHEMA,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": read_commit(),
        "pretended": settings.pretend,
        "machine": describe_machine(),
        "interpreters": settings.pythons,
        "points": judge_points(collect(results), settings.pretend),
        "steps": [result.to_document() for result in results],
    }
    text = json.dumps(to_finite(document), indent=1) + "\n"
    write_whole(folder / "gpu.json", text.encode())


def write_files(folder: Path, results: Sequence[StepResult], settings: Settings) -> None:
    """Write the page, the records of all runs, and what each step printed."""
    work = Path(settings.folder)
    logs = [
        f"==== {result.name}\n{path.read_text('utf-8', 'replace')}\n"
        for result in results
        if (path := work / f"{result.name}.log").is_file()
    ]
    write_whole(folder / "log.txt", "".join(logs).encode())
    records = b"".join((run / RECORDS_FILE).read_bytes() for run in list_runs(settings))
    write_whole(folder / RECORDS_FILE, records)
    page = work / "report.html"
    if page.is_file():
        shutil.copyfile(page, folder / page.name)


def is_all_right(results: Sequence[StepResult], pretend: bool) -> bool:
    """Tell whether something was seen and nothing wrong; of a rehearsal, whether it is whole."""
    if pretend:
        return all(result.status == "done" for result in results)
    verdicts = {point["verdict"] for point in judge_points(collect(results), pretend)}
    return "seen right" in verdicts and "seen wrong" not in verdicts
