import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.errors import ResultsError
from bench.host.session.store import TORN_FILE, create_run
from bench.records.chain import follow
from bench.records.lines import encode, read_records
from bench.records.manifest import Manifest, read_manifest
from tests.bench.records.test_results import RECORD
from tests.conftest import ROOT


def at_noon() -> datetime:
    return datetime(2026, 1, 2, 12, tzinfo=UTC)


def test_records_are_appended_one_a_line(tmp_path: Path) -> None:
    run = create_run(tmp_path / "results", "quick", at_noon)
    second = replace(RECORD, status="failed", reason="line one\nline two")
    run.append(RECORD)
    run.append(second)
    assert run.records_file.read_text().count("\n") == 2
    assert read_records(run.records_file) == ([RECORD, second], [])


def test_two_runs_of_one_second_have_two_folders(tmp_path: Path) -> None:
    names = [create_run(tmp_path, "quick", at_noon).name for _ in range(3)]
    assert names == [f"20260102T120000Z-quick{end}" for end in ("", "-2", "-3")]


def test_a_results_folder_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "results").touch()
    with pytest.raises(ResultsError, match=r"cannot be written .*--results"):
        create_run(tmp_path / "results", "quick")


def test_a_folder_that_went_away_is_one_line(tmp_path: Path) -> None:
    run = create_run(tmp_path, "quick")
    run.log_file("x").parent.rmdir()
    run.folder.rmdir()
    with pytest.raises(ResultsError, match="cannot be written"):
        run.append(RECORD)


FILL_UP = """
import resource, signal, sys
from pathlib import Path
from bench.errors import ResultsError
from bench.host.session.store import RunFolder
from bench.records.lines import Reader

line, file = sys.stdin.read(), Path(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
# The file may hold two records and a half: write() fails as on a full disk.
limit = int(2.5 * len(line))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
run = RunFolder("r", file.parent)
for number in range(5):
    try:
        run.append(Reader().decode(line))
    except ResultsError as error:
        print(number, error)
        break
"""


def test_a_disk_that_fills_up_keeps_whole_records(tmp_path: Path) -> None:
    run = create_run(tmp_path, "quick")
    finished = subprocess.run(
        [sys.executable, "-c", FILL_UP, str(run.records_file)],
        cwd=ROOT,
        input=encode(RECORD),
        capture_output=True,
        text=True,
        check=True,
    )
    assert finished.stdout.startswith("2 The results folder")
    assert "cannot be written (File too large)" in finished.stdout
    assert read_records(run.records_file) == ([RECORD, RECORD], [])


OPENING = {"schema": 1, "trials": []}


def test_records_are_chained_to_what_the_run_was_started_with(tmp_path: Path) -> None:
    run = create_run(tmp_path, "quick")
    run.write(Manifest(OPENING))
    for _ in range(3):
        run.append(RECORD)
    manifest = read_manifest(run.folder)
    assert manifest is not None
    assert manifest.end is None
    found = follow(run.records_file.read_bytes().splitlines())
    assert (found.sealed, found.first, found.broken) == (3, manifest.digest, ())

    run.close()
    closed = read_manifest(run.folder)
    assert closed is not None
    assert closed.end is not None
    assert (closed.end.records, closed.end.digest) == (3, found.last)
    assert closed.opening == OPENING


def test_a_long_last_record_is_followed_all_the_same(tmp_path: Path) -> None:
    run = create_run(tmp_path, "quick")
    for log in ("x" * 300_000, "short", "y" * 70_000):
        run.append(replace(RECORD, log=log))
    found = follow(run.records_file.read_bytes().splitlines())
    assert (found.sealed, found.broken) == (3, ())


@pytest.mark.parametrize("kept", [0, 1, 100, -2, -1])
def test_half_a_record_is_set_aside_and_the_run_goes_on(tmp_path: Path, kept: int) -> None:
    run = create_run(tmp_path, "quick")
    run.write(Manifest(OPENING))
    run.append(RECORD)
    whole = run.records_file.read_bytes()
    run.append(replace(RECORD, reason="the second"))
    second = run.records_file.read_bytes()[len(whole) :]
    run.records_file.write_bytes(whole + second[:kept])

    said = run.open_again()
    torn = second[:kept]
    assert run.records_file.read_bytes() == whole
    if torn:
        assert said is not None
        assert f"{len(torn):,} bytes of a record" in said
        assert (run.folder / TORN_FILE).read_bytes() == torn + b"\n"
    else:
        assert said is None
        assert not (run.folder / TORN_FILE).exists()
    run.append(replace(RECORD, reason="the second"))
    assert run.records_file.read_bytes() == whole + second


def test_a_file_of_nothing_but_half_a_record_is_set_aside_too(tmp_path: Path) -> None:
    run = create_run(tmp_path, "quick")
    run.write(Manifest(OPENING))
    run.records_file.write_bytes(b'{"schema"')
    assert "9 bytes" in str(run.open_again())
    run.append(RECORD)
    assert follow(run.records_file.read_bytes().splitlines()).first == Manifest(OPENING).digest


def test_reopening_takes_back_that_it_has_ended(tmp_path: Path) -> None:
    run = create_run(tmp_path, "quick")
    run.write(Manifest(OPENING))
    run.append(RECORD)
    run.close()
    assert run.open_again() is None
    assert read_manifest(run.folder) == Manifest(OPENING)


HOLD = """
import sys
from pathlib import Path
from bench.host.session.store import RunFolder
with RunFolder("r", Path(sys.argv[1])).hold():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_process_writes_a_run_and_a_dead_one_keeps_nobody(tmp_path: Path) -> None:
    run = create_run(tmp_path, "quick")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(run.folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout
        other.stdout.readline()
        with pytest.raises(ResultsError, match="written by another process"), run.hold():
            pass
        other.kill()
    with run.hold():
        pass


def test_a_run_whose_logs_are_gone_can_go_on(tmp_path: Path) -> None:
    run = create_run(tmp_path, "quick")
    logs = run.log_file("x").parent
    logs.rmdir()
    with run.hold():
        assert logs.is_dir()
    logs.rmdir()
    (tmp_path / "elsewhere").mkdir()
    logs.symlink_to(tmp_path / "elsewhere")
    with run.hold():
        assert logs.is_symlink()


@pytest.mark.parametrize(
    ("target", "words"),
    [("nowhere", "is a link to 'nowhere', which is not there"), ("logs", "Too many levels|exists")],
)
def test_logs_that_lead_nowhere_are_one_line(tmp_path: Path, target: str, words: str) -> None:
    run = create_run(tmp_path, "quick")
    run.log_file("x").parent.rmdir()
    run.log_file("x").parent.symlink_to(target)
    with pytest.raises(ResultsError, match=words), run.hold():
        pass
