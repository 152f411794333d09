"""Canonical arrays to Keras's and back: with channels last, and names by rules."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from bench.errors import WeightsError
from bench.spec import Param
from bench.weights import Arrays, Rule, match_arrays


def swap_gates(array: np.ndarray) -> np.ndarray:
    """Rows of reset gate, update gate and new state to update, reset and new, or back."""
    reset, update, new = np.split(array, 3)
    return np.concatenate([update, reset, new])


def pair_biases(bias: np.ndarray) -> np.ndarray:
    """The bias of a GRU, and zeros for that of the hidden state, which is not trained."""
    swapped = swap_gates(bias)
    return np.stack([swapped, np.zeros_like(swapped)])


def first_bias(pair: np.ndarray) -> np.ndarray:
    """The inverse of `pair_biases`."""
    return swap_gates(pair[0])


HOLDERS = (keras.Layer, list, tuple)
# A recurrent layer's arrays are those of its cell, which is called as its class.
RULES = (
    Rule(r"GRUCell\.kernel", "input_weight", swap_gates, swap_gates),
    Rule(r"GRUCell\.recurrent_kernel", "recurrent_weight", swap_gates, swap_gates),
    Rule(r"GRUCell\.bias", "bias", pair_biases, first_bias),
    Rule(r"\w+Cell\.kernel", "input_weight"),
    Rule(r"\w+Cell\.recurrent_kernel", "recurrent_weight"),
    Rule(r"\w+Cell\.bias", "bias"),
    Rule("kernel|embeddings|gamma", "weight"),
    Rule("beta", "bias"),
    Rule("moving_mean", "running_mean"),
    Rule("moving_variance", "running_var"),  # with the divisor n, as in canonical form
)


def find_arrays(model: keras.Model, manifest: Sequence[Param]) -> Arrays[keras.Variable]:
    """Parameters and running statistics, those of a model's own `RULES` first.

    Raises:
        WeightsError: they are not those of the manifest, or Keras has some that no attribute has.
    """
    native = dict(_variables(model))
    rules = (*getattr(model, "RULES", ()), *RULES)
    arrays = match_arrays(manifest, native, rules, "Keras", channels_last=True)
    reached = {id(variable) for variable in native.values()}
    if lost := [one.path for one in model.weights if id(one) not in reached]:
        raise WeightsError(
            f"No attribute of the model or of its layers has {', '.join(lost)}; expected "
            "attributes that are called as the manifest's layers; name them."
        )
    for variable in arrays.untrained.values():
        variable.assign(np.zeros(variable.shape))
    return arrays


def _variables(holder: Any, path: str = "") -> Iterator[tuple[str, keras.Variable]]:
    """Variables by the attributes that lead to them: Keras's own names count layers."""
    for name, child in _attributes(holder).items():
        place = f"{path}.{name}" if path else name
        if isinstance(child, keras.Variable):
            yield place, child
        elif isinstance(child, HOLDERS):
            yield from _variables(child, place)


def _attributes(holder: Any) -> dict[str, Any]:
    if isinstance(holder, keras.Sequential):
        holder = holder.layers
    if isinstance(holder, (list, tuple)):
        return {str(place): child for place, child in enumerate(holder)}
    if isinstance(holder, keras.layers.RNN):
        return {type(holder.cell).__name__: holder.cell}
    # Keras has a layer's kernel as `_kernel`, and lists of its own, such as `_layers`.
    return {
        name.lstrip("_"): child
        for name, child in vars(holder).items()
        if not (name.startswith("_") and isinstance(child, (list, tuple)))
    }


def load(arrays: Arrays[keras.Variable], weights: Mapping[str, np.ndarray]) -> None:
    """Set every variable of a model; raises WeightsError for a misfit."""
    for name, value in arrays.to_native(weights).items():
        arrays.by_name[name].assign(value)


def untrained_parts(
    arrays: Arrays[keras.Variable], parameters: Sequence[Param]
) -> dict[str, np.ndarray]:
    """0 in what is not trained of a variable and 1 elsewhere, for those that have such a part."""
    parts = {param.name: arrays.change(param, np.ones(param.shape)) for param in parameters}
    return {name: part for name, part in parts.items() if not part.all()}
