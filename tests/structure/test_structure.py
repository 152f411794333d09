"""The tree tells the story: no folder is too full, no chain of imports too long, names say what."""

from pathlib import Path

import pytest

from tests.structure import counts

MOST_ENTRIES = 18


def test_no_folder_is_too_full() -> None:
    full = {
        str(folder): entries
        for folder, entries in counts.entries_of_folders().items()
        if entries > MOST_ENTRIES
    }
    assert not full


@pytest.mark.parametrize(("package", "most"), [("bench.host", 8), ("reports", 9)])
def test_chains_of_imports_are_short(package: str, most: int) -> None:
    assert counts.levels_of(package) <= most


@pytest.mark.parametrize("top", ["bench", "reports"])
def test_functions_start_with_a_verb(top: str) -> None:
    assert counts.share_of_verbs(top) >= 0.65


@pytest.mark.parametrize(
    ("name", "verb"),
    [("read_records", True), ("to_json", True), ("record", False), ("machine_key", False)],
)
def test_what_counts_as_a_verb(name: str, verb: bool) -> None:
    assert counts.starts_with_a_verb(name) is verb


def test_the_counts_see_the_tree() -> None:
    assert counts.entries_of_folders()[Path("bench/models")] > 3
    assert counts.production_lines() > 10_000
