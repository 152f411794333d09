"""VGG in NumPy: what the frameworks are verified against."""

from bench.models.vgg import KERNEL, PADDING, POOL
from bench.models.vgg import VGG as Spec  # noqa: N811 (a class)
from impls.numpy.convolution import Convolution
from impls.numpy.deviations import NONE, Deviations
from impls.numpy.layers import Chain, Dense, Flatten, Layer, ReLU
from impls.numpy.pooling import POOLINGS


class VGG(Chain):
    """Blocks of 3x3 convolutions with max pooling, then two dense layers; NCHW.

    Without dropout, which is at rate 0 in a verification.
    """

    def __init__(self, spec: Spec, deviations: Deviations = NONE) -> None:
        pooling = POOLINGS[deviations.pooling or "max"]
        layers: dict[str, Layer] = {}
        convolutions = spec.convolutions
        for block, widths in enumerate(spec.blocks, start=1):
            for _ in widths:
                name, inputs, outputs = next(convolutions)
                layers[name] = Convolution(inputs, outputs, KERNEL, padding=PADDING)
                layers[f"{name} activation"] = ReLU()
            layers[f"pool{block}"] = pooling(POOL, stride=POOL)  # in the end (N, 64, 4, 4)
        channels, height, width = spec.feature_map
        super().__init__(
            {
                **layers,
                "flatten": Flatten(deviations.flatten_order),  # (N, 1024)
                "dense1": Dense(channels * height * width, spec.units),  # (N, 128)
                "activation": ReLU(),
                "dense2": Dense(spec.units, spec.classes),  # (N, classes)
            }
        )
