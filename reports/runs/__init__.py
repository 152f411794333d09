"""Whole runs: found, loaded and checked."""
