"""The machine that a run is measured on: what it is, what else loads it, how fast it is now."""
