"""Results whose files are links, pipes or another user's: one line each, and nothing lost."""

import errno
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import reports
from bench.records.results import Record
from reports.__main__ import main
from tests.conftest import own_by_nobody
from tests.reports.commands.test_report_command import one_line

Save = Callable[[Path, list[Record]], Path]
Make = Callable[[Path], None]
COMMANDS = (
    ["build", "a"],
    ["history"],
    ["export", "a", "--format=csv"],
    ["compare", "a", "b"],
    ["check", "a"],
)


@pytest.fixture
def results(tmp_path: Path, three: list[Record], save: Save) -> Path:
    folder = tmp_path / "results"
    for name in ("a", "b"):
        save(folder / name, three)
    return folder


def lead_nowhere(path: Path) -> None:
    path.symlink_to("where-it-once-was")


def lead_back(path: Path) -> None:
    path.symlink_to(path.name)


def break_records(folder: Path) -> None:
    folder.mkdir()
    lead_nowhere(folder / "records.jsonl")


def loop_records(folder: Path) -> None:
    folder.mkdir()
    lead_back(folder / "records.jsonl")


def make_folder(folder: Path) -> None:
    (folder / "records.jsonl").mkdir(parents=True)


BROKEN = [lead_nowhere, lead_back, break_records, loop_records, make_folder]


def run(results: Path, command: list[str]) -> int:
    return main([*command, "--results", str(results)])


@pytest.mark.parametrize("make", BROKEN)
def test_a_run_that_cannot_be_read_is_named_and_the_others_are_shown(
    results: Path, make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    make(results / "broken")
    assert run(results, ["history"]) == 0
    assert "reports: broken was left out: Records" in capsys.readouterr().err
    assert "broken was left out" in (results / "history.html").read_text("utf-8")
    for command in COMMANDS:
        assert run(results, command) == 0


@pytest.mark.parametrize("make", BROKEN)
def test_a_library_warns_of_it(results: Path, make: Make) -> None:
    make(results / "broken")
    with pytest.warns(UserWarning, match="broken: it was left out: Records"):
        trials = reports.load(results)
    assert len(trials) == 6


@pytest.mark.parametrize("make", BROKEN)
@pytest.mark.parametrize(
    "command",
    [["build", "broken"], ["check", "broken"], ["compare", "broken", "a"], ["history", "broken"]],
)
def test_one_that_is_named_is_one_line(
    results: Path, make: Make, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    make(results / "broken")
    assert run(results, command) == 2
    assert "cannot be read" in one_line(capsys)


def test_a_results_folder_that_is_a_link_holds_what_it_leads_to(results: Path) -> None:
    link = results.with_name("link")
    link.symlink_to(results)
    for command in COMMANDS:
        assert run(link, command) == 0


@pytest.mark.parametrize("make", [lead_nowhere, lead_back])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_results_folder_that_leads_nowhere_is_one_line(
    tmp_path: Path, make: Make, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path / "link")
    assert run(tmp_path / "link", command) == 2
    assert "link" in one_line(capsys)


def test_a_link_stays_and_leads_to_the_new_page(results: Path, tmp_path: Path) -> None:
    for name, command in (("a/report.html", ["build", "a"]), ("history.html", ["history"])):
        page = tmp_path / "published.html"
        page.write_text("old")
        (results / name).symlink_to(page)
        assert run(results, command) == 0
        assert (results / name).is_symlink()
        assert page.read_text("utf-8").startswith("<!doctype html>")


def test_a_pipe_takes_the_page_and_stays(results: Path, tmp_path: Path) -> None:
    pipe, taken = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: taken.append(pipe.read_text("utf-8")))
    reader.start()
    assert run(results, ["build", "a", "--output", str(pipe)]) == 0
    reader.join()
    assert pipe.is_fifo()
    assert taken[0].startswith("<!doctype html>")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS])
@pytest.mark.parametrize(
    "command",
    [
        ["build", "a"],
        ["build", "a", "--json=FILE"],
        ["history"],
        ["history", "b", "--store=store"],
        ["export", "a", "--format=csv", "--output=FILE"],
        ["export", "a", "--format=parquet"],
        ["compare", "a", "b", "--html=FILE"],
        ["compare", "a", "b", "--json=FILE"],
    ],
)
def test_a_full_disk_is_one_line_and_what_was_there_stays(
    results: Path,
    command: list[str],
    number: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(results.parent)
    assert run(results, ["history", "a", "--store=store"]) == 0
    for path in (Path("FILE"), results / "a/report.html", results / "history.html"):
        path.write_text("old")
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    capsys.readouterr()

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("bench.records.whole_files.os.replace", fail)
    assert run(results, command) == 2
    assert capsys.readouterr().err.count(f"cannot be written ({os.strerror(number)})") == 1
    after = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    assert after == before


@pytest.fixture
def of_nobody(results: Path) -> Iterator[Path]:
    """The results as a user's who is not root, which is who this process is until the end."""
    for command in COMMANDS:
        # What is imported late may lie where only root may read.
        assert run(results, command) == 0
    files = {path.relative_to(results): path for path in sorted(results.rglob("*"))}
    content = {name: path.read_bytes() for name, path in files.items() if path.is_file()}
    with own_by_nobody() as folder:
        for name, text in content.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(text)
        yield folder


@pytest.mark.parametrize("mode", [0o000, 0o400, 0o600])
@pytest.mark.parametrize("name", [".", "a", "a/records.jsonl"])
def test_what_may_not_be_read_is_one_line(
    of_nobody: Path, name: str, mode: int, capsys: pytest.CaptureFixture[str]
) -> None:
    if name.endswith("jsonl") and mode:
        mode = 0o200
    path = of_nobody / name
    before = path.stat().st_mode
    path.chmod(mode)
    capsys.readouterr()
    for command in COMMANDS:
        status = run(of_nobody, command)
        error = capsys.readouterr().err
        if command == ["history"] and name != ".":
            assert status == 0
            assert "reports: a was left out" in error
        else:
            assert status == 2
            assert "Permission denied" in error
            assert error.count("\n") == 1
    path.chmod(before)
    assert run(of_nobody, ["check", "a"]) == 0


@pytest.mark.parametrize("name", [".", "a"])
def test_where_nothing_may_be_written_it_is_one_line(
    of_nobody: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (of_nobody / name).chmod(0o500)
    capsys.readouterr()
    command = ["history"] if name == "." else ["build", "a"]
    assert run(of_nobody, command) == 2
    assert "cannot be written (Permission denied)" in capsys.readouterr().err


@pytest.mark.parametrize("mode", [0o000, 0o400, 0o600])
def test_a_store_that_may_not_be_read_is_one_line(
    of_nobody: Path, mode: int, capsys: pytest.CaptureFixture[str]
) -> None:
    store = of_nobody / "store"
    assert run(of_nobody, ["history", "a", f"--store={store}"]) == 0
    store.chmod(mode)
    for runs in ([], ["b"]):
        capsys.readouterr()
        assert run(of_nobody, ["history", *runs, f"--store={store}"]) == 2
        error = capsys.readouterr().err
        assert "Permission denied" in error
        assert error.count("\n") == 1
