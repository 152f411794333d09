"""The page in a real browser: silent, self-contained, sortable, and nowhere too wide."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.reports.browser.conftest import OpenPage

SPEED = "table:has(caption:has-text('Throughput, ratio and spread'))"


# Of the comparison with most rows, one of which has no number.
LARGEST = 1


def first_column(page: Page) -> list[str]:
    return page.locator(SPEED).nth(LARGEST).locator("tbody th").all_inner_texts()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_silent_alone_and_fits(
    width: int, scheme: str, any_page: Path, visit: OpenPage, tmp_path: Path
) -> None:
    with visit(any_page, width, scheme) as found:
        wide = found.page.evaluate(
            """[...document.querySelectorAll("body *")]
               .filter(one => !one.closest(".scroll"))
               .filter(one => one.getBoundingClientRect().right > innerWidth + 0.5)
               .map(one => one.outerHTML.slice(0, 200))"""
        )
        assert wide == []
        assert found.page.evaluate("document.documentElement.scrollWidth") <= width
        # A browser may refuse a picture as long as the page.
        top = {"x": 0, "y": 0, "width": width, "height": 8_000}
        picture = found.page.screenshot(path=tmp_path / "page.png", full_page=True, clip=top)
        background = found.page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert found.complaints == []
    assert found.requests == []
    assert len(picture) > 50_000
    assert (background == "rgb(255, 255, 255)") == (scheme == "light")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(width: int, scheme: str, any_page: Path, visit: OpenPage) -> None:
    """WCAG 2 A and AA and the best practices of axe-core, contrast among them."""
    with visit(any_page, width, scheme) as found:
        found.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        violations = Axe().run(found.page).response["violations"]

    told = [
        (one["id"], one["impact"], [node["html"] for node in one["nodes"]]) for one in violations
    ]
    assert told == []


def test_a_click_on_a_heading_sorts_and_a_third_one_restores(report: Path, visit: OpenPage) -> None:
    with visit(report) as found:
        page = found.page
        original = first_column(page)
        heading = page.locator(SPEED).nth(LARGEST).locator("thead th", has_text="Samples/s")
        speeds = page.locator(SPEED).nth(LARGEST).locator("tbody td:nth-of-type(1)")

        def numbers() -> list[float]:
            texts = (text.split()[0] for text in speeds.all_inner_texts())
            return [float(text.replace(",", "")) for text in texts if text != "\u2013"]

        heading.get_by_role("button").click()
        assert numbers() == sorted(numbers(), reverse=True)
        assert heading.get_attribute("aria-sort") == "descending"
        heading.get_by_role("button").press("Enter")
        assert numbers() == sorted(numbers())
        assert heading.get_attribute("aria-sort") == "ascending"
        assert speeds.last.inner_text().startswith("\u2013")  # what is not known stays below
        heading.get_by_role("button").click()
        assert first_column(page) == original
        assert heading.get_attribute("aria-sort") is None


def test_a_filter_hides_rows_of_every_table_and_says_how_many(
    report: Path, visit: OpenPage
) -> None:
    with visit(report) as found:
        page = found.page
        rows = page.locator(".rows tbody tr")
        before = rows.count()
        page.get_by_label("Show only rows with").fill("PyTorch tuned")
        shown = page.locator(".rows tbody tr:visible th").all_inner_texts()
        assert shown
        assert all("PyTorch" in text and "tuned" in text for text in shown)
        told = page.locator("#controls output").inner_text()
        assert f"{before - len(shown)} of {before} rows" in told
        page.get_by_label("Show only rows with").fill("")
        assert page.locator(".rows tbody tr:visible").count() == before


def test_a_table_is_copied_as_tab_separated_text(report: Path, visit: OpenPage) -> None:
    with visit(report) as found:
        page = found.page
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.locator(".framed", has=page.locator(SPEED)).nth(LARGEST).get_by_role(
            "button", name="Copy as tab-separated text"
        ).click()
        page.get_by_text("Copied", exact=True).wait_for()
        lines = page.evaluate("navigator.clipboard.readText()").split("\n")

        assert lines[0].split("\t")[:2] == ["Framework", "Samples/s"]
        assert [line.split("\t")[0] for line in lines[1:]] == first_column(page)


def test_without_script_all_is_there(report: Path, visit: OpenPage) -> None:
    with visit(report, script=False) as found:
        page = found.page
        assert page.locator(SPEED).first.is_visible()
        assert not page.locator("#controls").is_visible()
        assert page.locator("button").count() == 0
        assert page.locator("figure svg").first.is_visible()
    assert found.complaints == []


def _downloaded(page: Page, name: str) -> Any:
    with page.expect_download() as expected:
        page.get_by_role("link", name=name).click()
    assert expected.value.suggested_filename == name
    return Path(expected.value.path()).read_text(encoding="utf-8")


def test_the_data_can_be_saved_from_the_page(report: Path, visit: OpenPage) -> None:
    with visit(report) as found:
        trials = list(csv.DictReader(io.StringIO(_downloaded(found.page, "quick-trials.csv"))))
        tables = json.loads(_downloaded(found.page, "quick-tables.json"))

    assert {row["framework"] for row in trials} >= {"pytorch", "tensorflow", "mxnet", "jax"}
    assert len(tables["comparisons"]) == 3
    assert found.requests == []


def test_the_keyboard_reaches_tables_and_controls(report: Path, visit: OpenPage) -> None:
    with visit(report, width=390) as found:
        page = found.page
        reached = set()
        for _ in range(60):
            page.keyboard.press("Tab")
            reached.add(
                page.evaluate("document.activeElement.className || document.activeElement.tagName")
            )
    assert {"A", "INPUT", "copy", "sort", "scroll numbers rows"} <= reached


def test_it_prints_without_controls(report: Path, visit: OpenPage) -> None:
    with visit(report) as found:
        found.page.emulate_media(media="print")
        assert found.page.locator("button.copy:visible").count() == 0
        assert not found.page.locator("#controls").is_visible()
        paper = found.page.pdf(format="A4")
    assert paper.startswith(b"%PDF")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_figures_are_readable_where_styles_are_forbidden(
    scheme: str, report: Path, browser: Browser
) -> None:
    """Jenkins serves what it archives with this policy."""
    policy = "sandbox; default-src 'none'; img-src 'self'; style-src 'self';"
    context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light")
    opened = context.new_page()
    headers = {"content-type": "text/html", "content-security-policy": policy}
    opened.route(
        "**/*", lambda route: route.fulfill(body=report.read_text("utf-8"), headers=headers)
    )
    opened.goto("http://archive.test/report.html")
    figures = opened.locator("figure svg")
    assert figures.count() >= 4
    for number in range(4):
        with Image.open(io.BytesIO(figures.nth(number).screenshot())) as picture:
            shades = np.asarray(picture.convert("L"), dtype=np.float64)
        # Most of a figure is its background, whatever the color of that is.
        background = np.median(shades)
        assert (background > 200) == (scheme == "light")
        assert 0.5 < np.mean(np.abs(shades - background) < 10) < 0.98
    context.close()
