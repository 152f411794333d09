"""AlexNet in NumPy."""

import numpy as np

from bench.models.alexnet import POOL, POOL_STRIDE
from bench.models.alexnet import AlexNet as Spec

from .convolution import Convolution
from .deviations import NONE, Deviations
from .layers import Chain, Dense, Dropout, Flatten, Layer, ReLU
from .normalization import ResponseNormalization
from .pooling import POOLINGS

POOLED = (1, 2, 5)  # the convolutions with pooling behind
NORMALIZED = (1, 2)  # those with local response normalization, if there is any


class AlexNet(Chain):
    """Five convolutions, three of them with pooling, then three dense layers; NCHW."""

    def __init__(self, spec: Spec, deviations: Deviations = NONE) -> None:
        super().__init__({**_features(spec, deviations), **_classifier(spec, deviations)})


def _features(spec: Spec, deviations: Deviations) -> dict[str, Layer]:
    """Images to feature maps, of 224x224 in full width to (N, 256, 6, 6)."""
    pooling = POOLINGS[deviations.pooling or "max"]
    layers: dict[str, Layer] = {}
    inputs = spec.input_shape[0]
    for number, (rule, outputs) in enumerate(
        zip(spec.convolutions, spec.channels, strict=True), start=1
    ):
        layers[f"conv{number}"] = Convolution(
            inputs,
            outputs,
            rule.kernel,
            rule.stride,
            rule.padding,
            same=deviations.asymmetric_padding,
        )
        layers[f"relu{number}"] = ReLU()
        if number in NORMALIZED and spec.normalization is not None:
            layers[f"normalization{number}"] = _response_normalization(spec, deviations)
        if number in POOLED:
            layers[f"pool{number}"] = pooling(POOL, POOL_STRIDE)
        inputs = outputs
    return layers


def _response_normalization(spec: Spec, deviations: Deviations) -> ResponseNormalization:
    rule = spec.normalization
    assert rule is not None
    alpha = rule.alpha / rule.size if deviations.response_alpha_is_mean else rule.alpha
    return ResponseNormalization(rule.size, alpha, rule.beta, rule.k)


def _classifier(spec: Spec, deviations: Deviations) -> dict[str, Layer]:
    """Feature maps to logits."""
    channels, height, width = spec.feature_map
    first, second = spec.units
    random = np.random.default_rng(seed=0)
    return {
        "flatten": Flatten(deviations.flatten_order),  # (N, 9216)
        "dense1": Dense(channels * height * width, first),  # (N, 4096)
        "relu6": ReLU(),
        "dropout1": Dropout(spec.dropout, random),
        "dense2": Dense(first, second),  # (N, 4096)
        "relu7": ReLU(),
        "dropout2": Dropout(spec.dropout, random),
        "dense3": Dense(second, spec.classes),  # (N, classes)
    }
