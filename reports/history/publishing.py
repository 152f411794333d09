"""A database as the command line knows it: its libraries are installed by those who want one."""

from bench.errors import ResultsError
from reports.runs.loaded import LoadedRuns

LIBRARY = "sqlalchemy"


def publish(url: str, content: LoadedRuns) -> str:
    """Write the runs to a database; a line that says what was written where.

    Raises:
        ResultsError: the library is missing, or `reports.history.database.write` raises it.
    """
    try:
        from reports.history.database import write
    except ModuleNotFoundError as error:
        if error.name != LIBRARY:
            raise
        raise ResultsError(
            "--database needs the library SQLAlchemy, which is not installed; expected the "
            "dependency group 'database' of pyproject.toml; "
            "`pip install sqlalchemy 'psycopg[binary]'`."
        ) from error
    return write(url, content)
