"""A name that is refused shows in what it differs from one that looks the same."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.errors import PlanError, ResultsError, SamestepError, explain_os_error, quote_name
from bench.host.frameworks.editions import choose_frameworks
from bench.host.frameworks.framework import discover
from bench.host.planning.plan import read_plan
from bench.host.toml_table import TomlTable
from bench.host.verify.cells import choose_cells
from reports.formats.registry import find_format
from reports.runs.folders import find_folder

# Composed and decomposed, as a terminal shows them alike.
CAFE, CAFE_OF_TWO = "caf\u00e9", "cafe\u0301"
# With the Cyrillic letter that looks like an e.
IE = "\u0435"


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("lenet", "'lenet'"),
        (CAFE_OF_TWO, r"'cafe\u0301' (it only looks like 'caf\xe9')"),
        ("\ufb01sh", r"'\ufb01sh' (it only looks like 'fish')"),
        ("fish\u00a0", r"'fish\xa0'"),
        (f"l{IE}net", r"'l\u0435net'"),
        ("th\u00e9", "'th\u00e9'"),
        ("\u733f", "'\u733f'"),
    ],
)
def test_a_name_shows_in_what_it_differs(name: str, quoted: str) -> None:
    assert quote_name(name, [CAFE, "fish"]) == quoted


def _read_run(folder: Path) -> object:
    (folder / CAFE).mkdir()
    (folder / CAFE / "records.jsonl").touch()
    return find_folder(CAFE_OF_TWO, folder)


def _refuse_key(_: Path) -> object:
    table = TomlTable({f"l{IE}vel": 1}, "plan", PlanError)
    table.take_integer("level", 1)
    table.finish()
    return table


def _read_plan(folder: Path, text: str) -> object:
    (folder / "plan.toml").write_text(text, "utf-8")
    return read_plan(str(folder / "plan.toml"), ["numpy"])


@pytest.mark.parametrize(
    "refuse",
    [
        lambda _: choose_frameworks(discover(), ["j\u0430x"]),
        lambda _: read_plan("mnist\u200b", []),
        lambda _: read_plan("accurac\u0443", []),
        lambda _: choose_cells(discover(), [f"l{IE}net"], [], "cpu"),
        lambda _: find_format("m\u0430rkdown"),
        _read_run,
        _refuse_key,
        lambda folder: _read_plan(folder, 'device = "\u0441pu"\n'),
    ],
)
def test_every_name_that_is_refused_shows_it(
    refuse: Callable[[Path], object], tmp_path: Path
) -> None:
    with pytest.raises(SamestepError) as caught:
        refuse(tmp_path)
    assert "only looks like" in str(caught.value) or r"\u200b" in str(caught.value)


@pytest.mark.parametrize(
    "fail", [Path.mkdir, Path.read_bytes, Path.stat, lambda p: (p / "x").read_bytes()]
)
def test_a_link_that_leads_nowhere_says_so(tmp_path: Path, fail: Callable[[Path], object]) -> None:
    (tmp_path / "link").symlink_to("where-it-was")
    with (
        pytest.raises(ResultsError, match="link' is a link to 'where-it-was', which is not there"),
        explain_os_error(ResultsError, "It fails", "do that."),
    ):
        fail(tmp_path / "link")


def test_a_missing_file_is_told_from_one_that_looks_the_same(tmp_path: Path) -> None:
    (tmp_path / CAFE).touch()
    with (
        pytest.raises(ResultsError) as caught,
        explain_os_error(ResultsError, "It cannot be read", "do that."),
    ):
        (tmp_path / CAFE_OF_TWO / "deep" / "file").read_bytes()
    assert str(caught.value) == (
        r"It cannot be read (No such file or directory: 'cafe\u0301' is not 'caf\xe9', which is "
        "there); do that."
    )
