"""The pytest suite that `tox -e bench` runs: one item for each trial."""
