"""The command: exit statuses, files, and what a stranger's names may not do."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from bench.records.results import Record
from reports.__main__ import main
from reports.compare import sides
from tests.reports.compare.conftest import make_side

Save = Callable[[Path, Sequence[Record]], Path]

SERIES = "lenet-digits-pytorch-eager-default-ieee-cpu-batch64"
EVIL = "<script>alert(1)</script> | @everyone #1 [a](https://evil.example) `x` *b* \n\n# title"


@pytest.fixture
def runs(tmp_path: Path, save: Save) -> Path:
    """A results folder with a base, a slower and an equal run, each of its own commit."""
    for name, speed, commit in (("base", 100.0, "a"), ("slow", 80.0, "b"), ("equal", 100.0, "c")):
        save(tmp_path / name, make_side("pytorch", speed, run=name, commit=commit * 40))
    return tmp_path


def compare(*arguments: str) -> int:
    return main(["compare", *arguments])


def test_the_exit_status_tells(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = ("--results", str(runs))

    assert compare("base", "equal", *results) == 0
    assert compare("base", "slow", *results) == 1
    assert compare("slow", "base", *results) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("No difference")
    assert out[1] == "Regression: of 1 trial 1 is worse."
    assert out[2].startswith(f"  {SERIES}: throughput")
    assert compare("base", "nothing", *results) == 2
    assert "HEAD 'nothing' was not found; expected a run" in capsys.readouterr().err


def test_paths_that_are_not_there_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert compare("/no/a", "/no/b") == 2
    message = capsys.readouterr().err
    assert "BASE '/no/a' was not found; expected a run or the path of one" in message
    assert "HEAD '/no/b' was not found; expected a run or the path of one" in message


@pytest.mark.parametrize("head", ["b" * 40, "b" * 7])
def test_a_commit_of_the_history(head: str, runs: Path) -> None:
    assert compare(str(runs / "base"), head, "--results", str(runs)) == 1


@pytest.fixture
def head(monkeypatch: pytest.MonkeyPatch) -> str:
    """What git means by HEAD."""
    commit = "d" * 40
    known = {"HEAD": commit, commit[:12]: commit}
    monkeypatch.setattr(sides, "find_commit", known.get)
    return commit


def test_the_hash_that_is_printed_is_found_and_so_is_head(
    runs: Path, save: Save, head: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a run whose files differed, by HEAD, by what is shown of it, and by its whole name."""
    dirty = f"{head}-dirty"
    save(runs / "mine", make_side("pytorch", 100.0, run="mine", commit=dirty))
    results = ("--results", str(runs))
    assert compare("nothing", "base", *results) == 2
    printed = capsys.readouterr().err.partition("(there: ")[2].partition(")")[0].split(", ")
    assert head[:12] in printed
    for name in ("HEAD", head[:12], f"{head[:12]}-dirty", dirty, "HEAD-dirty"):
        assert compare(name, name, *results) == 0, name
    # A commit's own files go before others that were made from it.
    save(runs / "own", make_side("pytorch", 50.0, run="own", commit=head))
    for name, status in (("HEAD", 0), (head[:12], 0), ("HEAD-dirty", 1), (dirty, 1)):
        assert compare(name, "own", *results) == status, name


def test_an_update_between_the_sides_is_told(
    runs: Path, save: Save, capsys: pytest.CaptureFixture[str]
) -> None:
    later = [
        replace(one, started="2027-01-01T00:00:00+00:00", machine={**one.machine, "kernel": "99"})
        for one in make_side("pytorch", 100.0, run="later")
    ]
    save(runs / "later", later)
    assert compare("base", "later", "--results", str(runs)) == 0
    out = capsys.readouterr().out
    before = later[0].machine | make_side("pytorch", 1.0)[0].machine
    assert f"The machine changed since the first trials (kernel {before['kernel']} to 99)" in out
    assert compare("base", "equal", "--results", str(runs)) == 0
    assert "The machine changed" not in capsys.readouterr().out


def test_a_folder_and_a_file(runs: Path) -> None:
    assert compare(str(runs / "base"), str(runs / "slow" / "records.jsonl")) == 1


def test_a_side_without_a_finished_trial(
    runs: Path, save: Save, failure: Callable[..., Record], capsys: pytest.CaptureFixture[str]
) -> None:
    save(runs / "lost", [failure(status="failed", run="lost")])

    assert compare("lost", "base", "--results", str(runs)) == 2
    assert "BASE 'lost' has no finished trial (1 failed); expected" in capsys.readouterr().err


def test_a_line_that_is_no_record_is_named(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (runs / "base" / "records.jsonl").open("a") as file:
        file.write('{"schema": 2, "run"')

    assert compare("base", "equal", "--results", str(runs)) == 0
    assert "BASE: records.jsonl, line 11 was left out" in capsys.readouterr().err


def test_everything_as_json(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare("base", "slow", "--results", str(runs), "--json", "-") == 1
    found = json.loads(capsys.readouterr().out)

    assert (found["schema"], found["overall"]) == (1, "regression")
    (trial,) = found["trials"]
    throughput = trial["metrics"]["throughput"]
    assert throughput["verdict"] == "worse"
    assert throughput["ratio"]["low"] < 0.8 < throughput["ratio"]["high"]
    assert throughput["base"]["invocations"] == 10
    assert throughput["probability"] < 0.001
    assert trial["metrics"]["test-accuracy"]["verdict"] == "same"


def test_metrics_can_be_chosen(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = ("--results", str(runs))

    assert compare("base", "slow", *results, "--metrics", "peak-anonymous-memory") == 0
    assert compare("base", "slow", *results, "--metrics", "speed") == 2
    assert "there is no metric 'speed'; expected names out of throughput" in capsys.readouterr().err
    assert compare("base", "slow", *results, "--least", "-1") == 2


def test_names_are_text_in_markdown_and_in_the_page(tmp_path: Path, save: Save) -> None:
    for name, speed in (("base", 100.0), ("slow", 50.0)):
        records = make_side("pytorch", speed, run=EVIL, mode=EVIL, plan=EVIL, commit=EVIL)
        save(tmp_path / name, [replace(one, machine={"cpu": EVIL}) for one in records])
    page, text = tmp_path / "page.html", tmp_path / "text.md"

    status = compare(
        *(str(tmp_path / "base"), str(tmp_path / "slow")),
        *("--html", str(page), "--markdown", str(text)),
    )

    assert status == 1
    assert "<script>alert" not in page.read_text()
    tokens = MarkdownIt("commonmark").enable("table").parse(text.read_text())
    inline = [child for token in tokens for child in token.children or ()]
    kinds = {token.type for token in (*tokens, *inline)}
    assert not kinds & {"link_open", "image", "code_inline", "html_inline", "fence", "em_open"}
    assert all("details>" in token.content for token in tokens if token.type == "html_block")
    shown = "".join(token.content for token in inline if token.type in ("text", "text_special"))
    assert "<script>alert(1)</script> | @\N{WORD JOINER}everyone" in shown
    assert sum(token.type == "heading_open" for token in tokens) == 1


def test_the_tables_of_markdown_are_whole(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compare("base", "slow", "--results", str(runs), "--markdown", "-")
    tokens = MarkdownIt("commonmark").enable("table").parse(capsys.readouterr().out)

    rows = sum(token.type == "tr_open" for token in tokens)
    assert rows == 3 + 2 + 2 * 4, "sides, what changed, and four metrics, each with its head"


def test_help_says_what_the_exit_status_means(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        compare("--help")
    assert "0 no regression, 1 a regression, 2 nothing" in " ".join(capsys.readouterr().out.split())
