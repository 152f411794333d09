"""Runs in an SQL database, for dashboards: SQLite or PostgreSQL, through SQLAlchemy."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Engine, bindparam, create_engine, delete, insert, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    SQLAlchemyError,
)
from sqlalchemy.pool import NullPool

from bench.errors import ResultsError
from reports.history.database_tables import METADATA, RUNS, TRIALS, create_tables, to_rows
from reports.runs.loading import LoadedRuns
from reports.text import titles

KINDS = ("sqlite", "postgresql")
EXAMPLES = "sqlite:///history.sqlite or postgresql://USER@HOST/NAME"
# One driver, whatever SQLAlchemy's own choice is; and services that name the scheme as libpq may.
DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


def write(url: str, content: LoadedRuns) -> str:
    """Write the runs in one transaction, in place of what is there of the same runs.

    Returns:
        A line that says what was written where, without a password.

    Raises:
        ResultsError: the database cannot be used; it is as it was.
    """
    parsed = _url(url)
    tables = to_rows(content)
    keys = [{"run": row["run_id"]} for row in tables[RUNS]]
    with _explain_errors(parsed), _engine(parsed).begin() as connection:
        create_tables(connection)
        for table in METADATA.sorted_tables:
            connection.execute(delete(table).where(table.c.run_id == bindparam("run")), keys)
        for table, values in tables.items():
            if values:
                connection.execute(insert(table), values)
    trials = titles.format_count(len(tables[TRIALS]), "trial")
    return f"{_shown(parsed)}: {titles.format_count(len(keys), 'run')}, {trials}"


def _url(text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        # Without the text and the error's own words: a password may be in both.
        raise ResultsError(
            f"--database is no URL of a database; expected such as {EXAMPLES}; write it so, with "
            "%XX for signs that have a meaning in URLs."
        ) from error
    url = url.set(drivername=DRIVERS.get(url.drivername, url.drivername))
    if url.get_backend_name() not in KINDS:
        raise ResultsError(
            f"--database names the kind {url.get_backend_name()!r}; expected SQLite or PostgreSQL, "
            f"such as {EXAMPLES}; name one of those."
        )
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise ResultsError(
            "--database names an SQLite database without a file, of which nothing would be left; "
            "expected such as sqlite:///history.sqlite; name a file."
        )
    return url


def _engine(url: URL) -> Engine:
    try:
        # One transaction and it is over: no pool keeps a connection for the next.
        return create_engine(url, poolclass=NullPool)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise ResultsError(
            f"Database {_shown(url)!r} needs the driver {url.drivername!r}, which is not "
            "installed; expected the dependency group 'database' of pyproject.toml; "
            "`pip install 'psycopg[binary]'`, or name another driver."
        ) from error


@contextmanager
def _explain_errors(url: URL) -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise ResultsError(
            f"Database {_shown(url)!r} was written to at the same time ({_words(error, url)}); "
            "expected one writer of a run; nothing was changed: try again."
        ) from error
    except SQLAlchemyError as error:
        raise ResultsError(
            f"Database {_shown(url)!r} cannot be used ({_words(error, url)}); expected a database "
            "that is there, and a user who may make tables in it and write to them; create it, "
            "or correct --database."
        ) from error


def _words(error: SQLAlchemyError, url: URL) -> str:
    """What the database itself says: SQLAlchemy's own words quote all that was to be written."""
    text = str(error.orig if isinstance(error, DBAPIError) else error).strip().rstrip(".")
    options = url.query.get("password", ())
    passwords = [url.password or "", *([options] if isinstance(options, str) else options)]
    for secret in filter(None, map(str, passwords)):
        text = text.replace(secret, "***")
    return text


def _shown(url: URL) -> str:
    """The URL without its password, and without options: they may hold another one."""
    return url.set(query={}).render_as_string(hide_password=True)
