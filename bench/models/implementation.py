"""Finds the class that implements a model in a framework, by convention. Standard library only.

It is called as the class of its spec, in the file that is called as its family:
`impls/<framework>/<family>.py`. A model from outside has a file for each framework in its own
folder, which a worker imports under that same name.
"""

from importlib import import_module
from typing import Any

from bench.errors import WorkerError
from bench.spec import ModelSpec


def find_model_class(spec: ModelSpec, backend: str) -> Any:
    """Return the class that implements a spec in the framework of a backend.

    Args:
        backend: name of a module in the framework's package: `__name__`.

    Raises:
        WorkerError: the family's file has no class of that name.
    """
    module = import_module(f"{backend.rpartition('.')[0]}.{spec.family}")
    name = type(spec).__name__
    if not hasattr(module, name):
        raise WorkerError(
            f"{module.__file__} has no class {name!r}; expected one that is called as the spec's; "
            "rename it."
        )
    return getattr(module, name)
