"""What a page of many records costs: `python -m tests.reports.scale [COUNT ...]`.

Each count is a run made for it (`tests.reports.scale.many_records`) and a fresh process that builds
its page; its seconds and its largest resident set are what the system says of that process.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic

from tests.reports.scale.many_records import write_run

COUNTS = (50, 1_000, 10_000, 100_000)
MIB = 2**20


def main(counts: list[int]) -> None:
    """Print a line for each count."""
    print("records  file (MiB)  seconds  peak resident (MiB)  page (MiB)")
    with tempfile.TemporaryDirectory() as scratch:
        for count in counts or COUNTS:
            folder = Path(scratch) / str(count)
            records = write_run(folder, count)
            seconds, peak = _build(folder)
            sizes = (records.stat().st_size, (folder / "report.html").stat().st_size)
            print(
                f"{count:7,}  {sizes[0] / MIB:10,.1f}  {seconds:7.1f}  {peak / MIB:19,.0f}  "
                f"{sizes[1] / MIB:10.2f}",
                flush=True,
            )
            records.unlink()


def _build(folder: Path) -> tuple[float, int]:
    """Seconds and largest resident set in bytes of a process that builds the page."""
    start = monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "reports", "build", str(folder)], stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(process.returncode)
    return monotonic() - start, usage.ru_maxrss * 1024


if __name__ == "__main__":
    main([int(count) for count in sys.argv[1:]])
