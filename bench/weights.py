"""Rules by which a framework's arrays become those of a manifest: their names and layouts.

Standard library only: arrays are whatever has NumPy's methods.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from bench.spec import Param, Shaped, check_names, check_parameters

Native = TypeVar("Native", bound=Shaped)
Change = Callable[[Any], Any]
TRANSPOSED = ("dense kernel", "input kernel", "recurrent kernel")


def unchanged(array: Any) -> Any:
    """Return the array: the layouts are the same."""
    return array


@dataclass(frozen=True)
class Rule:
    """What the manifest calls an array of a framework's layer.

    Attributes:
        native: pattern (`re`) of its path behind the layer's. A path is the attributes that lead to
            an array, joined by dots: `gru.weight_ih_l0` in the layer `gru`. A group `number` counts
            the layers of a stack from 0.
        canonical: what the manifest calls it behind the layer's name; None of an array that no
            manifest has: it is zero, and is not trained.
        to_native: changes the canonical array, such as the order of its gates.
        to_canonical: changes it back.
    """

    native: str
    canonical: str | None
    to_native: Change = unchanged
    to_canonical: Change = unchanged


@dataclass(frozen=True)
class Arrays(Generic[Native]):
    """A model's arrays in a framework, by their canonical names in the manifest's order.

    Attributes:
        source: the framework's name, for messages.
        by_name: the framework's own arrays.
        paths: attributes that lead to each, joined by dots.
        untrained: paths of the arrays that the manifest has not, and their arrays.
        channels_last: whether the framework keeps a convolution's kernel as (height, width, input
            channels, output channels), any other one as (inputs, outputs), and flattens a feature
            map in the order height, width, channels.
    """

    source: str
    manifest: Sequence[Param]
    by_name: dict[str, Native]
    paths: dict[str, str]
    rules: dict[str, Rule]
    untrained: dict[str, Native]
    channels_last: bool

    def to_native(self, weights: Mapping[str, Any]) -> dict[str, Any]:
        """Return canonical arrays in the framework's layouts.

        Raises:
            WeightsError: they are not those of the manifest, or the framework's have other shapes.
        """
        check_parameters(self.manifest, weights, "the weights")
        native = {param.name: self.change(param, weights[param.name]) for param in self.manifest}
        shapes = [replace(param, shape=native[param.name].shape) for param in self.manifest]
        check_parameters(shapes, self.by_name, f"{self.source} (in its own layout)")
        return native

    def change(self, param: Param, array: Any) -> Any:
        """Return one canonical array in the framework's layout."""
        array = self.rules[param.name].to_native(array)
        return to_channels_last(param, array) if self.channels_last else array

    def to_canonical(self, native: Mapping[str, Any]) -> dict[str, Any]:
        """Return arrays in the framework's layouts, some or all, in canonical ones."""
        canonical = {}
        for param in self.manifest:
            if param.name in native:
                array = native[param.name]
                array = to_channels_first(param, array) if self.channels_last else array
                canonical[param.name] = self.rules[param.name].to_canonical(array)
        return canonical


def match_arrays(
    manifest: Sequence[Param],
    native: Mapping[str, Native],
    rules: Iterable[Rule],
    source: str,
    channels_last: bool = False,
) -> Arrays[Native]:
    """Match a framework's arrays by their paths with a manifest's, by the first rule that fits.

    An array that no rule fits is called as its path.

    Raises:
        WeightsError: one side has an array that the other has not.
    """
    rules = tuple(rules)
    layers = {param.name.rpartition(".")[0] for param in manifest}
    by_name: dict[str, Native] = {}
    paths: dict[str, str] = {}
    used: dict[str, Rule] = {}
    untrained: dict[str, Native] = {}
    for path, array in native.items():
        rule, name = _match(path, rules, layers)
        if name is None:
            untrained[path] = array
            continue
        # Of two arrays with one name the second is one that the manifest has not.
        name = path if name in by_name else name
        by_name[name], paths[name], used[name] = array, path, rule
    check_names(manifest, by_name, source)
    by_name = {param.name: by_name[param.name] for param in manifest}
    return Arrays(source, manifest, by_name, paths, used, untrained, channels_last)


def _match(path: str, rules: Iterable[Rule], layers: Collection[str]) -> tuple[Rule, str | None]:
    for rule in rules:
        if match := re.fullmatch(rf"(?:(?P<layer>.+?)\.)?(?:{rule.native})", path):
            if rule.canonical is None:
                return rule, None
            layer = _layer_name(match["layer"] or "", match.groupdict().get("number"), layers)
            return rule, f"{layer}.{rule.canonical}" if layer else rule.canonical
    return Rule(path, path), path


def _layer_name(layer: str, number: str | None, layers: Collection[str]) -> str:
    """Return `lstm1` for the first of a stack `lstm` and for `lstm.0`, `gru` for a layer `gru`."""
    if number is None or (number == "0" and layer in layers):
        return layer
    stack, _, place = layer.rpartition(".")
    return f"{stack}{int(place) + 1}" if place.isdigit() else f"{layer}{int(number) + 1}"


def to_channels_last(param: Param, array: Any) -> Any:
    """Return a canonical array as frameworks keep it whose images have their channels last."""
    if param.kind == "convolution kernel":
        return array.transpose(2, 3, 1, 0)  # OIHW -> HWIO
    if param.flattened is not None:
        maps = array.reshape(-1, *param.flattened)  # (O, C, H, W)
        array = maps.transpose(0, 2, 3, 1).reshape(array.shape)
    return array.T if param.kind in TRANSPOSED else array


def to_channels_first(param: Param, array: Any) -> Any:
    """Return an array as it was before `to_channels_last`."""
    if param.kind == "convolution kernel":
        return array.transpose(3, 2, 0, 1).copy()  # HWIO -> OIHW
    if param.kind in TRANSPOSED:
        array = array.T
    if param.flattened is not None:
        channels, height, width = param.flattened
        maps = array.reshape(-1, height, width, channels)  # (O, H, W, C)
        array = maps.transpose(0, 3, 1, 2).reshape(array.shape)
    return array.copy()
