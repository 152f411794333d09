"""A real Chromium, and a page that has everything in it."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Page,
    Request,
    sync_playwright,
)

from bench.records.results import Record
from reports.compare.outcome import CompareResult, compare_sides
from reports.compare.rendering import to_html
from reports.compare.sides import Side
from reports.history import page as history_page
from reports.history.series import sort_runs
from reports.page.report import render
from reports.runs.loading import LoadedRuns
from tests.conftest import unavailable
from tests.reports.compare.conftest import make_side
from tests.reports.conftest import make_failure, make_invocations, make_record

ALTERED = ("records.jsonl: line 3 is not as it was written",)
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found is None:
        unavailable(f"none of {', '.join(CHROMIUMS)} is installed")
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not start for root, which is who runs in a container.
        started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()


@dataclass
class Visit:
    """An open page and what happened on it.

    Attributes:
        requests: all but that for the page itself.
        complaints: errors and warnings of the console, and exceptions of scripts.
    """

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


OpenPage = Callable[..., Any]


@pytest.fixture
def visit(browser: Browser) -> OpenPage:
    """Opens a file in a window of its own: `with visit(path, width=390) as found`."""

    @contextmanager
    def opened(
        path: Path, width: int = 1280, scheme: str = "light", script: bool = True
    ) -> Iterator[Visit]:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=script,
            accept_downloads=True,
        )
        found = Visit(context.new_page())
        address = path.as_uri()

        def sent(request: Request) -> None:
            if request.url != address:
                found.requests.append(request.url[:200])

        def said(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"}:
                found.complaints.append(message.text)

        def broke(error: Error) -> None:
            found.complaints.append(str(error))

        found.page.on("request", sent)
        found.page.on("console", said)
        found.page.on("pageerror", broke)
        found.page.goto(address)
        yield found
        context.close()

    return opened


def everything() -> list[Record]:
    """Ranked and refused rows, variants, several batch sizes, a failure, a second machine."""
    records: list[Record] = []
    for batch_size in (32, 64):
        for framework, speed in (("pytorch", 9_000.0), ("tensorflow", 7_000.0), ("mxnet", 6_000.0)):
            speeds = [speed * factor for factor in (0.97, 1.0, 1.02)]
            records += make_invocations(framework, speeds, batch_size=batch_size)
        records += make_invocations("pytorch", [1e4, 1.1e4, 1.2e4], settings="tuned", batch_size=64)
    records += make_invocations("tensorflow", [5e3, 6e3], mode="compiled", batch_size=64)
    records.append(make_record("jax", batch_size=64, certificate=None))
    records.append(make_failure("numpy", batch_size=64))
    elsewhere = dict(records[0].machine) | {"cpu": "Another CPU"}
    records += [replace(one, machine=elsewhere) for one in make_invocations("mxnet", [4e3, 5e3])]
    return records


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of a page with everything in it."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    write(path, everything())
    return path


def write(path: Path, records: Sequence[Record]) -> None:
    """A report of these records."""
    run = LoadedRuns(
        "quick", tuple(records), ("records.jsonl, line 9 ...",), altered={"quick": ALTERED}
    )
    path.write_text(render(run), "utf-8")


@pytest.fixture(scope="session", params=["report", "comparison", "history"])
def any_page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of a page of each kind."""
    path = tmp_path_factory.mktemp(request.param) / f"{request.param}.html"
    if request.param == "report":
        write(path, everything())
    elif request.param == "comparison":
        path.write_text(to_html(compared()), "utf-8")
    else:
        records = nights()
        names = tuple(sort_runs(records))
        problems = ("a line that is none",)
        run = LoadedRuns(
            "all", tuple(records), problems, names, altered={"night-03.jsonl.gz": ALTERED}
        )
        path.write_text(history_page.render(run), "utf-8")
    return path


def compared() -> CompareResult:
    """Something slower, something faster, something on one side only, a line that is none."""
    base = [*make_side("pytorch", 1e4), *make_side("mxnet", 5e3), *make_side("tensorflow", 7e3)]
    head = [*make_side("pytorch", 8e3), *make_side("mxnet", 6e3), *make_side("jax", 7e3)]
    return compare_sides(
        Side("BASE", "base", tuple(base), ("line 9 ...",)),
        Side("HEAD", "head", tuple(head), ("line 9 ...",), ALTERED),
    )


def nights() -> list[Record]:
    """Twelve runs, one a night, of two frameworks, of which one is slower from the seventh on."""
    return [
        record
        for night in range(12)
        for framework, speed in (("pytorch", 8e3 if night > 5 else 1e4), ("mxnet", 5e3))
        for record in make_invocations(
            framework,
            [speed * factor for factor in (0.996, 1.0, 1.004)],
            run=f"night-{night:02}",
            started=f"2026-03-{1 + night:02}T00:00:00+00:00",
            commit=f"{night:040}",
        )
    ]
