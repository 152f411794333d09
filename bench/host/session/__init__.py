"""A run: all that its trials share is prepared, then each trial becomes a record."""
