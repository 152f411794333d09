"""What reading a counter raises that this machine does not give. Standard library only."""


class UnreadableError(Exception):
    """A number that cannot be read here; the message is a sentence that says why."""
