"""Records to data frames, tables, figures and one HTML page.

May import the shared core from the project (records, certificates, model names, errors),
never the orchestrator, a worker or an implementation.

    >>> import reports
    >>> trials = reports.load("results")  # one row per trial, see `reports.runs.loading`
"""

from bench.dependencies import FOR_REPORTS, require_packages

require_packages(FOR_REPORTS, "reports")

from reports.runs.loading import load  # noqa: E402 (it imports what was looked for)

__all__ = ["load"]
