"""What host and worker tell each other beyond `bench.job`. Standard library only."""
