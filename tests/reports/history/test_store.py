"""The store: one file for each run, which is the same wherever and however often it is written."""

import gzip
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from bench.errors import ResultsError
from bench.records.lines import encode
from bench.records.parts import MachineFinding
from bench.records.results import Record
from reports.__main__ import main
from reports.history import store
from reports.records.identity import make_run_key, make_run_keys
from reports.runs.loading import read_runs

MakeRecord = Callable[..., Record]
Save = Callable[[Path, Sequence[Record]], Path]


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.gz")}


def append_text(folder: Path, text: str) -> None:
    with (folder / "records.jsonl").open("a") as stream:
        stream.write(text)


def test_a_run_in_a_store_is_the_run_in_its_folder(
    tmp_path: Path, three: list[Record], save: Save
) -> None:
    folder = save(tmp_path / "quick", three)
    (path,) = store.append(tmp_path / "new" / "store", [folder])
    stored, original = store.read(tmp_path / "new" / "store"), read_runs(folder)

    assert path.name.startswith("quick-")
    assert path.read_bytes()[4:8] == bytes(4), "a time, which differs from store to store"
    assert gzip.decompress(path.read_bytes()) == (folder / "records.jsonl").read_bytes()
    assert stored.records == original.records == tuple(three)
    assert stored.keys == original.keys
    assert (stored.runs, stored.problems) == (("quick",), ())


def test_appending_twice_changes_no_byte(tmp_path: Path, three: list[Record], save: Save) -> None:
    folder, kept = save(tmp_path / "quick", three), tmp_path / "store"
    store.append(kept, [folder])
    before = files(kept)
    store.append(kept, [folder, folder])

    assert files(kept) == before
    assert len(before) == 1


def test_a_run_that_grew_replaces_what_was_there_and_never_shrinks(
    tmp_path: Path, three: list[Record], save: Save
) -> None:
    kept = tmp_path / "store"
    half = save(tmp_path / "half" / "quick", three[:2])
    append_text(half, encode(three[2])[:100])
    whole = save(tmp_path / "whole" / "quick", three)

    for folder in (half, whole, half):
        store.append(kept, [folder])

    assert len(files(kept)) == 1
    assert store.read(kept).records == tuple(three)


def test_another_end_of_the_same_run_is_one_line(
    tmp_path: Path, three: list[Record], save: Save
) -> None:
    kept = tmp_path / "store"
    store.append(kept, [save(tmp_path / "a", three)])
    other = save(tmp_path / "b", [three[0], replace(three[1], status="failed", reason="x")])

    with pytest.raises(ResultsError, match="other records of the same run"):
        store.append(kept, [other])
    assert store.read(kept).records == tuple(three)


def test_runs_of_one_name_from_two_machines_stay_two(
    tmp_path: Path, record: MakeRecord, save: Save
) -> None:
    """Equal machines, as runners of a service are, that began in the same second."""
    here = [record(repeat=repeat) for repeat in (1, 2)]
    there = [
        replace(
            one, seconds=structs.replace(one.seconds, import_seconds=1.6, process_seconds=6.125)
        )
        for one in here
    ]
    first, second = tmp_path / "one", tmp_path / "two"
    store.append(first, [save(tmp_path / "a" / "quick", here)])
    store.append(second, [save(tmp_path / "b" / "quick", there)])
    for path in second.glob("*.gz"):
        shutil.copy(path, first)
    found = store.read(first)

    assert len(files(first)) == 2
    assert found.problems == ()
    assert len(found.records) == 4
    assert {one.run for one in found.records} == {
        f"quick ({make_run_key(members[0])})" for members in (here, there)
    }
    assert found.keys == {one.run: one.run[-17:-1] for one in found.records}


def test_merging_is_copying_files(tmp_path: Path, record: MakeRecord, save: Save) -> None:
    runs = [
        save(tmp_path / name, [record(run=name, started=f"2026-03-0{day}T00:00:00+00:00")])
        for day, name in enumerate("abc", start=1)
    ]
    store.append(tmp_path / "left", runs[:2])
    store.append(tmp_path / "right", runs[1:])
    store.append(tmp_path / "both", runs)
    for path in (tmp_path / "right").glob("*.gz"):
        shutil.copy(path, tmp_path / "left")

    assert files(tmp_path / "left") == files(tmp_path / "both")


def test_a_name_that_no_file_should_have(tmp_path: Path, record: MakeRecord, save: Save) -> None:
    name = "../../<b>\n\ud800" + "x" * 300
    (path,) = store.append(tmp_path / "store", [save(tmp_path / "odd", [record(run=name)])])

    assert path.parent == tmp_path / "store"
    assert len(path.name) < 150
    assert path.name.isprintable()
    assert store.read(tmp_path / "store").records[0].run == name


def test_a_key_is_that_of_the_first_record_whatever_is_added_to_it(
    three: list[Record],
) -> None:
    assert make_run_keys(three) == {"quick": make_run_key(three[0])}
    assert make_run_key(
        replace(three[0], log="a", fitness=(MachineFinding("a", "note", "b"),))
    ) == make_run_key(three[0])
    assert make_run_key(replace(three[0], machine={"cpu": "Other"})) != make_run_key(three[0])
    assert make_run_key(replace(three[0], run="other")) != make_run_key(three[0])


# The rest by the command.


@pytest.fixture
def filled(tmp_path: Path, three: list[Record], save: Save) -> Path:
    later = [replace(one, run="later", started="2026-03-05T00:00:00+00:00") for one in three]
    store.append(
        tmp_path / "store", [save(tmp_path / "quick", three), save(tmp_path / "later", later)]
    )
    return tmp_path / "store"


def page(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """The page of a store, and what the command wrote on standard error."""
    assert main(["history", "--store", str(folder)]) == 0
    told = capsys.readouterr()
    assert told.out == f"{folder / 'history.html'}\n"
    return (folder / "history.html").read_text(), told.err


def test_the_page_is_of_all_that_the_store_holds(
    filled: Path, tmp_path: Path, record: MakeRecord, save: Save, capsys: pytest.CaptureFixture[str]
) -> None:
    html, told = page(filled, capsys)
    assert "<h1>History of 2 runs</h1>" in html
    assert told == ""

    save(tmp_path / "results" / "third", [record(run="third")])
    arguments = ["--store", str(filled), "--results", str(tmp_path / "results")]
    assert main(["history", "third", *arguments, "--output", str(tmp_path / "page.html")]) == 0
    assert "<h1>History of 3 runs</h1>" in (tmp_path / "page.html").read_text()
    assert len(files(filled)) == 3


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: b"",
        lambda content: b"no gzip at all",
        lambda content: content[:-8] + b"\0" * 8,
        lambda content: content[:40] + b"\xff" * 20 + content[60:],
    ],
    ids=["half", "empty", "other", "checksum", "middle"],
)
def test_a_damaged_file_is_named_and_the_rest_is_used(
    damage: Callable[[bytes], bytes], filled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (path,) = filled.glob("quick-*")
    path.write_bytes(damage(path.read_bytes()))
    html, told = page(filled, capsys)

    assert "<h1>History of run later</h1>" in html
    assert path.name in html.split('<h2 id="problems">')[1]
    assert told.startswith(f"reports: {path.name} was left out: ")
    assert told.count("\n") == 1


def test_appending_again_mends_a_damaged_file(filled: Path, tmp_path: Path) -> None:
    (path,) = filled.glob("quick-*")
    whole = path.read_bytes()
    path.write_bytes(whole[:50])
    store.append(filled, [tmp_path / "quick"])

    assert path.read_bytes() == whole


def test_lines_that_are_no_records_are_named(
    filled: Path, three: list[Record], capsys: pytest.CaptureFixture[str]
) -> None:
    (path,) = filled.glob("quick-*")
    content = gzip.decompress(path.read_bytes())
    added = b'{"schema": 99}\n' + encode(three[0]).encode()[:99]
    path.write_bytes(gzip.compress(content + added))
    (filled / "nothing-0.jsonl.gz").write_bytes(gzip.compress(b""))
    html, told = page(filled, capsys)

    assert f"{path.name}, line 4 was left out: Its schema is 99" in told
    assert f"{path.name}, line 5 was left out: It is not JSON" in told
    assert "nothing-0.jsonl.gz was left out: it holds no trial." in told
    assert told.count("\n") == 3
    assert "line 5 was left out" in html
    assert "<h1>History of 2 runs</h1>" in html


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "was not found"),
        (lambda path: path.mkdir(), "holds no run that can be read"),
        (lambda path: path.write_text(""), "was not found"),
    ],
    ids=["none", "empty", "file"],
)
def test_no_store_is_one_line(
    make: Callable[[Path], object],
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make(tmp_path / "store")

    assert main(["history", "--store", str(tmp_path / "store")]) == 2
    told = capsys.readouterr()
    assert words in told.err
    assert (told.err.count("\n"), told.out) == (1, "")


@pytest.mark.parametrize("text", ["", "garbage\n"])
def test_a_run_without_trials_is_one_line(
    text: str, tmp_path: Path, save: Save, capsys: pytest.CaptureFixture[str]
) -> None:
    append_text(save(tmp_path / "empty", []), text)

    assert main(["history", str(tmp_path / "empty"), "--store", str(tmp_path / "store")]) == 2
    told = capsys.readouterr()
    assert "hold no trial" in told.err
    assert (told.err.count("\n"), told.out) == (1, "")


def test_a_store_that_cannot_be_made_is_one_line(
    tmp_path: Path, three: list[Record], save: Save, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    run = save(tmp_path / "quick", three)

    assert main(["history", str(run), "--store", str(tmp_path / "file" / "store")]) == 2
    told = capsys.readouterr()
    assert "cannot be made" in told.err
    assert told.err.count("\n") == 1
