"""The orchestrator: plan -> trials -> executor -> records.

Imports no framework, no worker and no reports.
"""
