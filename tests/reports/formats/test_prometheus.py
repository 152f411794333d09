"""OpenMetrics as Debian's own programs read it: promtool, and node_exporter's textfile collector.

Both read the older text format of Prometheus, which knows fewer types than OpenMetrics.
"""

import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bench.records.results import Record
from tests.conftest import unavailable
from tests.reports.formats.conftest import HOSTILE

MakeRecord = Callable[..., Record]
MakeInvocations = Callable[..., list[Record]]
Export = Callable[[list[Record], str], str]

SPEED = "samestep_throughput_samples_per_second"
START_SECONDS = 30.0


def find_program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        unavailable(f"{name} is not installed (Debian: prometheus and prometheus-node-exporter)")
    return found


@contextmanager
def node_exporter(folder: Path) -> Iterator[str]:
    """A node_exporter that has no collector but that of a folder's text files; gives its URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [
        find_program("prometheus-node-exporter"),
        "--collector.disable-defaults",
        "--collector.textfile",
        f"--collector.textfile.directory={folder}",
        f"--web.listen-address={address}",
    ]
    with (folder.parent / "node_exporter.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield f"http://{address}/metrics"
    finally:
        process.kill()
        process.wait()


def scrape(url: str) -> str:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=START_SECONDS) as answer:
                return str(answer.read().decode())
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def read_samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """What the older format's own parser makes of a text."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("samestep_")
    }


def test_promtool_finds_nothing_to_complain_about(
    export: Export, invocations: MakeInvocations
) -> None:
    text = export([*invocations("pytorch", (1000.0, 1300.0, 1100.0))], "openmetrics")
    promtool = [find_program("promtool"), "check", "metrics"]
    checked = subprocess.run(promtool, input=text, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


@pytest.mark.parametrize("kind", ["usual", "hostile", "of no number"])
def test_node_exporter_serves_every_number(
    kind: str,
    tmp_path: Path,
    export: Export,
    invocations: MakeInvocations,
    hostile: list[Record],
    failure: MakeRecord,
) -> None:
    records = {
        "usual": invocations("pytorch", (1000.0, 1300.0, 1100.0)),
        "hostile": hostile,
        "of no number": [failure()],
    }[kind]
    text = export(records, "openmetrics")
    folder = tmp_path / "collected"
    folder.mkdir()
    (folder / "samestep.prom").write_text(text, "utf-8")
    with node_exporter(folder) as url:
        served = scrape(url)
    assert "node_textfile_scrape_error 0" in served.splitlines()
    assert read_samples(served) == read_samples(text)
    assert any(name == SPEED for name, _ in read_samples(served)) == (kind != "of no number")


def test_what_is_known_of_a_series_is_a_gauge_of_one(export: Export, record: MakeRecord) -> None:
    samples = read_samples(export([record(framework_version=HOSTILE)], "openmetrics"))
    assert [
        value
        for (name, labels), value in samples.items()
        if name == "samestep_series_info" and dict(labels)["framework_version"]
    ] == [1.0]
