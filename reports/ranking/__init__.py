"""Trials that do the same work side by side: comparisons, their rows, and who may be ranked."""
