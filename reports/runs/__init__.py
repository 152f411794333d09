"""Whole runs: found, loaded, checked, and the warning where a record was altered."""
