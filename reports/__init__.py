"""Records to data frames, tables, figures and one HTML page.

May import the shared core from the project (records, certificates, model names, errors),
never the orchestrator, a worker or an implementation.

    >>> import reports
    >>> trials = reports.load("results")  # one row per trial, see `reports.loading`
"""

from reports.loading import load

__all__ = ["load"]
