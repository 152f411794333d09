"""`python -m reports check`, and what a page says of records that somebody has changed."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.host.session.store import RunFolder, create_run
from bench.records.manifest import Manifest
from reports.__main__ import main
from reports.history import page as history_page
from reports.history import store
from reports.page import report as page
from reports.records.integrity import examine
from reports.runs import loading
from tests.conftest import ROOT
from tests.reports.conftest import make_record

Change = Callable[[list[bytes]], object]


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A run of four trials, as the host writes it, closed."""
    made = create_run(tmp_path / "results", "quick")
    made.write(Manifest({"schema": 1, "trials": ["a"]}))
    for repeat in range(1, 5):
        made.append(replace(make_record(repeat=repeat), run=made.name))
    made.close()
    return made


def rewrite(run: RunFolder, change: Change) -> None:
    lines = run.records_file.read_bytes().splitlines(keepends=True)
    change(lines)
    run.records_file.write_bytes(b"".join(lines))


def check(run: RunFolder, *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "reports", "check", str(run.folder), *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def faster(lines: list[bytes]) -> None:
    """A forged record: one block takes half the time."""
    document = json.loads(lines[2])
    document["blocks"][-1]["seconds"] /= 2
    lines[2] = json.dumps(document, separators=(",", ":")).encode() + b"\n"


def test_an_untouched_run_is_as_it_was_written(run: RunFolder) -> None:
    finished = check(run)
    assert finished.returncode == 0
    digest = examine(run.folder).digest
    assert finished.stdout == (f"{run.name}: 4 records, as written; digest of the run: {digest}\n")
    page_text = page.render(loading.read_runs(run.folder))
    assert str(digest) in page_text
    assert "Not as it was written" not in page_text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (faster, "records.jsonl: line 3 is not as it was written"),
        (lambda lines: lines.pop(1), "line 2 does not follow"),
        (lambda lines: lines.pop(0), "the first record does not follow what the run was started"),
        (lambda lines: lines.pop(), "there were 4 records when the run ended, and now 3"),
        (lambda lines: lines.insert(1, lines[0]), "line 2 does not follow"),
        (lambda lines: lines.reverse(), "line 2 does not follow"),
    ],
)
def test_what_was_changed_is_named_on_the_terminal_and_the_page(
    run: RunFolder, change: Change, words: str
) -> None:
    rewrite(run, change)
    finished = check(run)
    assert finished.returncode == 1
    assert f"{run.name}: NOT as it was written" in finished.stdout
    assert words in finished.stdout
    text = page.render(loading.read_runs(run.folder))
    assert "Not as it was written" in text
    assert words in text


def test_a_record_without_its_digest_is_a_change(run: RunFolder) -> None:
    def strip(lines: list[bytes]) -> None:
        for place, line in enumerate(lines):
            document = json.loads(line)
            del document["previous"], document["digest"]
            lines[place] = json.dumps(document).encode() + b"\n"

    rewrite(run, strip)
    finished = check(run)
    assert finished.returncode == 1
    assert "no record has a digest, though the run gave each one" in finished.stdout


def test_a_run_that_was_started_with_something_else_is_a_change(run: RunFolder) -> None:
    path = run.folder / "run.json"
    path.write_text(path.read_text().replace('"a"', '"b"'))
    assert "does not follow what the run was started with" in check(run).stdout
    path.write_text("no JSON")
    finished = check(run)
    assert finished.returncode == 1
    assert "run.json' cannot be read" in finished.stdout
    assert "Traceback" not in finished.stderr


def test_many_changes_are_counted(run: RunFolder) -> None:
    for repeat in range(5, 40):
        run.append(make_record(repeat=repeat))
    rewrite(run, lambda lines: lines.reverse())
    found = examine(run.folder).alterations
    assert len(found) == 8
    assert "33 more lines likewise" in " ".join(found)


@pytest.fixture
def forged(run: RunFolder) -> RunFolder:
    """The run with a record that somebody has made faster."""
    rewrite(run, faster)
    return run


def test_no_verdict_rests_on_a_forged_record(
    run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(run.folder, tmp_path / "other" / "sound")
    sound, other = str(tmp_path / "other" / "sound"), str(run.folder)
    rewrite(run, faster)
    written = tmp_path / "compared.html", tmp_path / "compared.md", tmp_path / "compared.json"
    files = [
        f"--{kind}={path}" for kind, path in zip(("html", "markdown", "json"), written, strict=True)
    ]

    assert main(["compare", sound, sound]) == 0
    assert "Not as it was written" not in "".join(capsys.readouterr())
    for sides, name in (([sound, other], "HEAD"), ([other, sound], "BASE")):
        assert main(["compare", *sides, *files]) == 2
        told = f"{name}: {run.name}: records.jsonl: line 3 is not as it was written"
        assert f"Not as it was written: {told}" in capsys.readouterr().err
        page_text, markdown = (path.read_text() for path in written[:2])
        assert page_text.index("Not as it was written") < page_text.index('id="summary"')
        assert told in page_text
        assert "Left out" not in page_text
        assert markdown.index("### Not as it was written") < markdown.index("| Side |")
        sides_told = json.loads(written[2].read_text())
        assert sides_told[name.lower()]["alterations"]


def test_a_commit_s_side_is_altered_by_its_own_runs_alone(
    run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = create_run(tmp_path / "results", "other")
    other.write(Manifest({"schema": 1}))
    for repeat in range(1, 5):
        other.append(replace(make_record(repeat=repeat), run=other.name, commit="b" * 40))
    rewrite(run, faster)
    results = f"--results={tmp_path / 'results'}"
    assert main(["compare", "b" * 40, "b" * 40, results]) == 0
    assert main(["compare", "b" * 40, run.name, results]) == 2


@pytest.mark.parametrize("kind", ["csv", "bmf", "openmetrics", "junit", "markdown"])
def test_an_export_of_forged_records_ends_with_a_status(
    kind: str, forged: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(forged.folder), "--format", kind]) == 2
    told = capsys.readouterr()
    assert "Not as it was written" in told.err
    assert len(told.out) > 100
    if kind == "markdown":
        assert told.out.index("### Not as it was written") < told.out.index("| Row |")
    if kind == "junit":
        first = ElementTree.fromstring(told.out)[0]
        assert (first.get("name"), first.get("errors")) == ("records", "1")
        error = first.find("testcase/error")
        assert error is not None
        assert "line 3 is not as it was written" in str(error.get("message"))


def test_a_history_of_forged_records_says_so(forged: RunFolder, tmp_path: Path) -> None:
    """In a store too, whose files are their runs' own lines."""
    (path,) = store.append(tmp_path / "store", [forged.folder])
    found = store.read(tmp_path / "store")
    (line,) = found.alterations
    assert line.startswith(f"{path.name}: line 3 is not as it was written")
    for content in (found, loading.read_runs(forged.folder)):
        text = history_page.render(content)
        assert text.index("Not as it was written") < text.index('id="summary"')
        assert "line 3 is not as it was written" in text


def test_a_killed_run_is_no_changed_one(run: RunFolder) -> None:
    run.open_again()
    with run.records_file.open("ab") as stream:
        stream.write(b'{"schema":4,"ru')
    finished = check(run)
    assert finished.returncode == 0
    assert "4 records, as written" in finished.stdout
    assert "15 bytes after the last whole record" in finished.stdout
    assert "the run is being written, or was killed" in finished.stdout


@pytest.mark.parametrize("content", [b"", b'{"schema":4,"ru', b"\x00\xff"])
def test_what_holds_no_record_is_no_success(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "records.jsonl").write_bytes(content)
    finished = check(RunFolder("empty", tmp_path))
    assert finished.returncode == 2
    assert f"{tmp_path.name}: no record" in finished.stdout
    assert "Traceback" not in finished.stderr


def test_records_of_older_versions_have_no_digests(tmp_path: Path) -> None:
    stored = ROOT / "tests" / "data" / "records" / "schema-3-last.jsonl"
    (tmp_path / "records.jsonl").write_bytes(stored.read_bytes())
    finished = check(RunFolder("old", tmp_path))
    assert finished.returncode == 0
    assert "4 records, none with a digest: nothing can be told" in finished.stdout


def test_no_records_are_one_line(tmp_path: Path) -> None:
    finished = check(RunFolder("none", tmp_path / "none"))
    assert finished.returncode == 2
    assert "Traceback" not in finished.stderr
    assert len(finished.stderr.splitlines()) == 1
