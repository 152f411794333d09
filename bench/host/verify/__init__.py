"""Proves that implementations take the reference's training steps."""
