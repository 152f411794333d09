"""Runs one after the other, and a PostgreSQL server of the tests' own."""

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bench.records.results import Record

Invocations = Callable[..., list[Record]]
Nights = Callable[..., list[Record]]

# Of a run's three invocations by their median.
SPREAD = (0.996, 1.0, 1.004)
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
FIRST_NIGHT = datetime(2026, 3, 1, 1, tzinfo=UTC)
NOBODY = "nobody"


@pytest.fixture
def nights(invocations: Invocations) -> Nights:
    """Makes a run for each speed, one night after the other; its commit begins with its number."""

    def make(
        speeds: Sequence[float], framework: str = "pytorch", **changes: object
    ) -> list[Record]:
        found: list[Record] = []
        for number, speed in enumerate(speeds):
            found += invocations(
                framework,
                [speed * factor for factor in SPREAD],
                **{
                    "run": f"night-{number:03}",
                    "started": (FIRST_NIGHT + timedelta(days=number)).isoformat(),
                    "commit": f"{number:012}".ljust(40, "0"),
                    **changes,
                },
            )
        return found

    return make


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of an empty database on a server that lives as long as the tests, without a port."""
    if not PROGRAMS:
        pytest.skip("PostgreSQL's programs are not installed (Debian: postgresql)")
    # The path of a socket has 107 bytes at most, which pytest's own folders may exceed.
    with tempfile.TemporaryDirectory(prefix="samestep-") as name:
        folder = Path(name)
        data, log = folder / "data", folder / "log"
        if os.getuid() == 0:
            subprocess.run(["chown", NOBODY, name], check=True)
        trust = ("--auth=trust", "--username=tester", "--encoding=UTF8", "--no-sync")
        _run("initdb", f"--pgdata={data}", *trust)
        options = f"-c listen_addresses= -c unix_socket_directories={folder}"
        _run("pg_ctl", "start", "-w", f"--pgdata={data}", f"--log={log}", f"--options={options}")
        try:
            yield f"postgresql://tester@/postgres?host={folder}"
        finally:
            _run("pg_ctl", "stop", "-w", f"--pgdata={data}", "--mode=immediate")


def _run(program: str, *arguments: str) -> None:
    """The server refuses to run as root."""
    as_somebody = ["setpriv", f"--reuid={NOBODY}", "--clear-groups"] if os.getuid() == 0 else []
    subprocess.run(
        [*as_somebody, str(PROGRAMS[-1] / program), *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd="/",
        timeout=60,
    )
