"""One folder for each framework, with the same file and class names in each.

`impls.<framework>` imports its framework, NumPy and the shared core of `bench`,
and is imported by name only, in a worker.
"""
