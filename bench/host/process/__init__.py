"""A worker's process: how it is started, what it says, and how it ended."""
