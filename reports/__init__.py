"""Records to data frames, tables, figures and one HTML page.

May import `bench.results`, `bench.errors` and `bench.spec` from the project,
never the orchestrator, a worker or an implementation.

    >>> import reports
    >>> trials = reports.load("results")  # one row per trial, see `reports.frame`
"""

from reports.frame import load

__all__ = ["load"]
