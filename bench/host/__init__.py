"""The orchestrator: plan -> trials -> executor -> records.

Imports no framework, no worker and no reports.
"""

from bench.dependencies import FOR_RUNS, require_packages

require_packages(FOR_RUNS, "bench")
