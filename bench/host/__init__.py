"""The orchestrator: plan -> trials -> executor -> records.

Imports no framework, no worker and no reports.
"""

from bench.required import FOR_RUNS, require

require(FOR_RUNS, "bench")
