"""AlexNet in MXNet Gluon."""

from typing import Any

from mxnet.gluon import HybridBlock, nn
from mxnet.ndarray import NDArray

from bench.models.alexnet import POOL, POOL_STRIDE, Convolution, ResponseNormalization
from bench.models.alexnet import AlexNet as Spec


class AlexNet(HybridBlock):
    """Five convolutions, three of them with pooling, then three dense layers; NCHW."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        stem, second, later, *_ = spec.convolutions
        c1, c2, c3, c4, c5 = spec.channels
        self.conv1 = _convolution(spec.input_shape[0], c1, stem)
        self.conv2 = _convolution(c1, c2, second)
        self.conv3 = _convolution(c2, c3, later)
        self.conv4 = _convolution(c3, c4, later)
        self.conv5 = _convolution(c4, c5, later)
        # None and not an identity: MXNet's copies.
        rule = spec.normalization
        self.normalize = LocalResponseNormalization(rule) if rule else None
        self.pool = nn.MaxPool2D(POOL, POOL_STRIDE)
        self.dropout = nn.Dropout(spec.dropout)
        self.flatten = nn.Flatten()
        channels, height, width = spec.feature_map
        first, second = spec.units
        self.dense1 = nn.Dense(first, in_units=channels * height * width, activation="relu")
        self.dense2 = nn.Dense(second, in_units=first, activation="relu")
        self.dense3 = nn.Dense(spec.classes, in_units=second)

    def hybrid_forward(self, F: Any, images: NDArray) -> NDArray:  # noqa: N803 (Gluon's own name)
        x = self._reduced(self.conv1(images))  # (N, 64, 27, 27)
        x = self._reduced(self.conv2(x))  # (N, 192, 13, 13)
        x = self.conv3(x)  # (N, 384, 13, 13)
        x = self.conv4(x)  # (N, 256, 13, 13)
        x = self.pool(self.conv5(x))  # (N, 256, 6, 6)
        x = self.flatten(x)  # (N, 9216) in the order C, H, W
        x = self.dropout(self.dense1(x))  # (N, 4096)
        x = self.dropout(self.dense2(x))  # (N, 4096)
        return self.dense3(x)  # (N, classes)

    def _reduced(self, x: NDArray) -> NDArray:
        return self.pool(x if self.normalize is None else self.normalize(x))


class LocalResponseNormalization(HybridBlock):
    """Over channels, with the sum of squares by pooling, as PyTorch's own layer has it.

    Not F.LRN: MXNet 1.9.1 has it in float32 only, and with oneDNN its gradient is wrong
    behind a convolution and before pooling (docs/findings.md).
    """

    def __init__(self, rule: ResponseNormalization) -> None:
        super().__init__()
        self.rule = rule

    def hybrid_forward(self, F: Any, x: NDArray) -> NDArray:  # noqa: N803 (Gluon's own name)
        rule = self.rule
        squares = F.expand_dims(F.square(x), axis=1)  # (N, 1, channels, height, width)
        window, padding = (rule.size, 1, 1), (rule.size // 2, 0, 0)
        sums = F.Pooling(squares, kernel=window, pad=padding, pool_type="sum")
        return x / (rule.k + rule.alpha * F.squeeze(sums, axis=1)) ** rule.beta


def _convolution(inputs: int, outputs: int, layer: Convolution) -> nn.Conv2D:
    return nn.Conv2D(
        outputs,
        layer.kernel,
        layer.stride,
        layer.padding,
        in_channels=inputs,
        activation="relu",
    )
