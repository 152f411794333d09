"""The models by name: each name is one setting of one family's spec. Standard library only.

A file of this folder that declares `MODELS` is a family, as the `spec.py` of a model from outside.
"""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from bench.models.model import Model, check_models, find_model_class

__all__ = ["MODELS", "Model", "find_model_class"]


def _find_own_models() -> dict[str, Model]:
    models: dict[str, Model] = {}
    for _, family, _ in iter_modules(__path__):
        module = import_module(f"{__name__}.{family}")
        if hasattr(module, "MODELS"):
            for model in check_models(module.MODELS, family, Path(str(module.__file__))):
                models[model.name] = model
    return models


MODELS = _find_own_models()
