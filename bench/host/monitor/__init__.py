"""What the host sees of a worker from outside: memory and energy, while the worker runs.

Nothing of it runs inside the measured process, and nothing in a thread: the
executor's own loop, which waits for events, also takes the samples.
"""
