"""Real databases: what is in them, written once or twice, and what goes wrong with them."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

import reports
from bench.errors import ResultsError
from bench.records.results import Record
from reports.__main__ import main
from reports.history.database import write
from reports.history.database_tables import METADATA, SERIES, TRIALS
from reports.ranking.metrics import METRICS
from reports.records.identity import make_run_key
from reports.runs.loading import COLUMNS, LoadedRuns, read_runs
from tests.conftest import ROOT

Nights = Callable[..., list[Record]]
MakeRecord = Callable[..., Record]
Save = Callable[[Path, Sequence[Record]], Path]
Tables = dict[str, list[tuple[Any, ...]]]

DOCUMENT = ROOT / "docs" / "guides" / "history.md"
NAMES = [table.name for table in METADATA.sorted_tables]


@pytest.fixture
def content(
    tmp_path: Path, nights: Nights, failure: Callable[..., Record], save: Save
) -> LoadedRuns:
    """Two nights and a failure, with what a record should not have."""
    odd = replace(
        failure(run="night-001", framework="odd\0\ud800'\n\"; --"),
        position=2**80,
        reason="never",
        started="no time",
    )
    records = [*nights([1000.0, 800.0]), odd]
    return read_runs(
        *(
            save(tmp_path / run, [record for record in records if record.run == run])
            for run in ("night-000", "night-001")
        )
    )


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'history.sqlite'}"


@pytest.fixture
def empty_postgresql(postgresql: str) -> str:
    with create_engine(as_driver(postgresql)).begin() as connection:
        METADATA.drop_all(connection)
    return postgresql


def as_driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")


def tables(url: str) -> Tables:
    """All rows as the database itself has them; times without a zone are in UTC."""
    with create_engine(as_driver(url)).connect() as connection:
        return {
            name: sorted(
                (
                    tuple(map(_comparable, row))
                    for row in connection.execute(METADATA.tables[name].select())
                ),
                key=str,
            )
            for name in NAMES
        }


def _comparable(value: Any) -> Any:
    if not isinstance(value, datetime):
        return value
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def one_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(["history", *arguments]) == 2
    told = capsys.readouterr().err
    assert told.startswith("reports: ")
    assert told.count("\n") == 1
    assert "geheim" not in told
    return told


def test_the_trials_are_those_of_the_data_frame(
    sqlite: str, content: LoadedRuns, tmp_path: Path
) -> None:
    write(sqlite, content)
    frame = reports.load(tmp_path / "night-000")
    with sqlite3.connect(tmp_path / "history.sqlite") as connection:
        connection.row_factory = sqlite3.Row
        found = connection.execute(
            "SELECT * FROM samestep_trials WHERE run = 'night-000' ORDER BY trial"
        ).fetchall()

    assert len(found) == len(frame) == 3
    for row, (_, wanted) in zip(found, frame.sort_values("trial").iterrows(), strict=True):
        for name in COLUMNS:
            if name == "started":
                assert row[name] == wanted[name].strftime("%Y-%m-%d %H:%M:%S.%f")
            elif name != "record":
                missing = wanted[name] is None or wanted[name] != wanted[name]
                assert row[name] == (None if missing else wanted[name]), name


def test_every_column_has_the_type_of_the_frame(content: LoadedRuns) -> None:
    kinds: dict[str, set[type]] = {
        "int64": {int},
        "float64": {float},
        "bool": {bool},
        "str": {str},
        "object": {str},
    }
    frame = content.table
    for column in TRIALS.columns:
        if column.name not in frame or column.name in ("started", "position"):
            continue
        allowed = kinds[str(frame[column.name].dtype)]
        # Whole numbers of which one is absent are numbers in the frame.
        assert column.type.python_type in allowed | ({int} if allowed == {float} else set())


def test_the_series_are_the_medians_of_the_runs(
    sqlite: str, content: LoadedRuns, tmp_path: Path
) -> None:
    write(sqlite, content)
    with sqlite3.connect(tmp_path / "history.sqlite") as connection:
        found = connection.execute(
            "SELECT time, run_id, series, value, low, high, count, unit, version, machine, ranked "
            "FROM samestep_series WHERE metric = 'throughput' ORDER BY time"
        ).fetchall()
        memory = connection.execute(
            "SELECT DISTINCT value, unit FROM samestep_series WHERE metric LIKE 'peak%'"
        ).fetchall()
        metrics = {name for (name,) in connection.execute("SELECT metric FROM samestep_series")}

    series = "lenet-digits-pytorch-eager-default-ieee-cpu-batch64"
    assert [row[0] for row in found] == [f"2026-03-0{day} 01:00:00.000000" for day in (1, 2)]
    assert [row[1] for row in found] == [
        make_run_key(next(one for one in content.records if one.run == run)) for run in content.runs
    ]
    assert [row[2] for row in found] == [series] * 2
    for row, speed in zip(found, (1000.0, 800.0), strict=True):
        assert row[3:6] == pytest.approx((speed, 0.996 * speed, 1.004 * speed))
        assert row[6:9] == (3, "samples/s", "2.13.0")
        assert row[10] == 1
    assert memory == [(150.0, "MiB")]
    assert metrics <= {metric.name for metric in METRICS}


@pytest.mark.parametrize("kind", ["sqlite", "empty_postgresql"])
def test_writing_twice_changes_nothing(
    kind: str, content: LoadedRuns, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(kind)
    assert write(url, content).endswith(": 2 runs, 7 trials")
    before = tables(url)
    write(url, content)

    assert tables(url) == before
    assert [len(before[name]) for name in NAMES] == [2, 8, 7]


@pytest.mark.parametrize("kind", ["sqlite", "empty_postgresql"])
def test_a_run_that_was_there_is_replaced_and_others_stay(
    kind: str, content: LoadedRuns, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(kind)
    write(url, content)
    before = tables(url)["samestep_trials"]
    shorter = [one for one in content.records if one.run == "night-001"][:1]
    write(url, LoadedRuns("night-001", tuple(shorter), (), ("night-001",), content.keys))
    after = tables(url)["samestep_trials"]

    assert len(before) == 7
    assert len(after) == 4
    assert set(after) < set(before)


def test_both_databases_hold_equal_tables(
    sqlite: str, empty_postgresql: str, content: LoadedRuns
) -> None:
    write(sqlite, content)
    write(empty_postgresql, content)

    assert tables(sqlite) == tables(empty_postgresql)
    odd = [row for row in tables(sqlite)["samestep_trials"] if "never" in row]
    assert any("odd\N{REPLACEMENT CHARACTER}?'\n\"; --" in row for row in odd)


def test_what_no_database_holds_is_null(sqlite: str, content: LoadedRuns, tmp_path: Path) -> None:
    write(sqlite, content)
    with sqlite3.connect(tmp_path / "history.sqlite") as connection:
        (row,) = connection.execute(
            "SELECT position, started, throughput_samples_per_second, ranked FROM samestep_trials "
            "WHERE reason = 'never'"
        ).fetchall()

    assert row == (None, None, None, 0)


def test_a_failure_in_the_middle_leaves_everything_as_it_was(
    sqlite: str, content: LoadedRuns, tmp_path: Path
) -> None:
    write(sqlite, content)
    before = tables(sqlite)
    with sqlite3.connect(tmp_path / "history.sqlite") as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON samestep_series "
            "BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        )
    with pytest.raises(ResultsError, match="disk is full"):
        write(sqlite, content)

    assert tables(sqlite) == before


@pytest.fixture
def run(tmp_path: Path, three: list[Record], save: Save) -> str:
    return str(save(tmp_path / "results" / "quick", three))


def test_the_command_writes_page_and_database(
    run: str, sqlite: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"

    assert main(["history", run, "--output", str(page), "--database", sqlite]) == 0
    assert capsys.readouterr().out == f"{page}\n{sqlite}: 1 run, 3 trials\n"
    assert len(tables(sqlite)["samestep_trials"]) == 3


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "is no URL"),
        ("geheim", "is no URL"),
        ("postgresql://u:geheim@h:port/d", "is no URL"),
        ("mysql://u:geheim@h/d", "expected SQLite or PostgreSQL"),
        ("sqlite://", "without a file"),
        ("sqlite:////none/at/all.sqlite", "unable to open database file"),
        ("postgresql+nothing://u:geheim@h/d", "needs the driver 'postgresql+nothing'"),
        ("postgresql+psycopg2://u:geheim@h/d", "needs the driver 'postgresql+psycopg2'"),
        ("postgresql://u:geheim@localhost:1/d", "Connection refused"),
        ("postgresql://localhost:1/d?password=geheim&bad=1", "invalid connection option"),
        # The driver itself says the word.
        ("postgresql://u:geheim@localhost:1/d?geheim=1", 'invalid connection option "***"'),
    ],
)
def test_a_database_that_cannot_be_used_is_one_line(
    url: str, words: str, run: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [run, "--output", str(tmp_path / "page.html"), "--database", url]

    assert words in one_error(arguments, capsys)


def test_a_file_that_is_no_database_is_one_line(
    run: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text").write_text("no database " * 100)
    arguments = [run, "--output", str(tmp_path / "page.html")]
    told = one_error([*arguments, "--database", f"sqlite:///{tmp_path / 'text'}"], capsys)

    assert "file is not a database" in told


def test_no_database_no_user_and_no_right_are_one_line(
    postgresql: str, run: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = postgresql.partition("host=")[2]
    arguments = [run, "--output", str(tmp_path / "page.html"), "--database"]
    with create_engine(as_driver(postgresql)).begin() as connection:
        connection.execute(text("DROP ROLE IF EXISTS reader"))
        connection.execute(text("CREATE ROLE reader LOGIN"))
        METADATA.drop_all(connection)

    for user, name, words in (
        ("tester", "none", 'database "none" does not exist'),
        ("nobody", "postgres", 'role "nobody" does not exist'),
        ("reader", "postgres", "permission denied for schema public"),
    ):
        url = f"postgresql://{user}:geheim@/{name}?host={folder}"
        assert words in one_error([*arguments, url], capsys)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ("run_id TEXT", "no column 'run'"),
        (
            ", ".join(f'"{column.name}" TEXT' for column in SERIES.columns),
            "column 'time' is of another type",
        ),
    ],
)
def test_a_table_of_another_shape_is_one_line(
    shape: str,
    words: str,
    run: str,
    sqlite: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with sqlite3.connect(tmp_path / "history.sqlite") as connection:
        connection.execute(f"CREATE TABLE samestep_series ({shape})")
    told = one_error([run, "--output", str(tmp_path / "page.html"), "--database", sqlite], capsys)

    assert words in told
    assert "docs/guides/history.md" in told


def test_a_column_of_somebody_else_is_one_line(
    run: str, sqlite: str, content: LoadedRuns, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(sqlite, content)
    with sqlite3.connect(tmp_path / "history.sqlite") as connection:
        connection.execute("ALTER TABLE samestep_runs ADD COLUMN note TEXT")
    told = one_error([run, "--output", str(tmp_path / "page.html"), "--database", sqlite], capsys)

    assert "a column 'note' of its own" in told


def test_two_writers_of_one_run_at_once_are_one_line(
    empty_postgresql: str, run: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the second one meets: the first one's run, which it could not see and delete."""
    write(empty_postgresql, read_runs(Path(run)))
    with create_engine(as_driver(empty_postgresql)).begin() as connection:
        connection.execute(
            text("CREATE RULE unseen AS ON DELETE TO samestep_runs DO INSTEAD NOTHING")
        )
    arguments = [run, "--output", str(tmp_path / "page.html"), "--database", empty_postgresql]

    assert "was written to at the same time" in one_error(arguments, capsys)


@pytest.mark.parametrize("kind", ["sqlite", "empty_postgresql"])
def test_the_documented_queries_answer(
    kind: str, content: LoadedRuns, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(kind)
    write(url, content)
    machine = content.table["machine"].iloc[0]
    blocks = [one for one in DOCUMENT.read_text().split("\n\n") if one.startswith("    SELECT")]
    plot, losses = (
        one.replace("$__timeFilter(time)", "time > '2026-01-01'").replace("$machine", machine)
        for one in blocks
    )
    with create_engine(as_driver(url)).connect() as connection:
        points = connection.execute(text(plot)).all()
        (latest,) = connection.execute(text(losses)).all()

    assert [value for *_, value in points] == pytest.approx([1000.0, 800.0])
    assert latest.ratio == pytest.approx(0.8)
    assert latest.commit == f"{1:012}".ljust(40, "0")


def test_every_column_is_documented() -> None:
    document = DOCUMENT.read_text()
    for table in METADATA.sorted_tables:
        assert f"`{table.name}`" in document
        if table is not TRIALS:
            assert all(f"`{column.name}`" in document for column in table.columns)
    for metric in METRICS:
        assert f"`{metric.name}`" in document
