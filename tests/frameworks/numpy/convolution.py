"""Convolution as one product of matrices."""

from .layers import Array, Layer, Parameter
from .windows import Margin, padded, seen_from, windows, without_padding


class Convolution(Layer):
    """2-D cross-correlation with a square kernel.

    With `padding` zeros on each side. Where `same` is set, a stride above 1 pads like
    TensorFlow's "same" instead: for outputs of ceil(side / stride), and less in front.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        stride: int = 1,
        padding: int = 0,
        bias: bool = True,
        same: bool = False,
    ) -> None:
        self.weight = Parameter.of_shape(outputs, inputs, kernel, kernel)
        self.bias = Parameter.of_shape(outputs) if bias else None
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        self.is_asymmetric = same and stride > 1 and padding > 0

    @property
    def parameters(self) -> dict[str, Parameter]:
        weight = {"weight": self.weight}
        return weight if self.bias is None else {**weight, "bias": self.bias}

    def forward(self, x: Array, training: bool) -> Array:
        self.margins = self._margin(x.shape[2]), self._margin(x.shape[3])
        self.padded = padded(x, *self.margins)
        seen = windows(self.padded, self.kernel, self.stride)
        samples, _, height, width, _, _ = seen.shape
        self.map_shape = samples, height, width
        products = self._matrix() @ self._columns()
        if self.bias is not None:
            products += self.bias.value[:, None]
        return products.reshape(-1, *self.map_shape).swapaxes(0, 1)  # (N, O, H, W)

    def backward(self, gradient: Array) -> Array:
        rows = gradient.swapaxes(0, 1).reshape(gradient.shape[1], -1)  # (O, N * H * W)
        if self.bias is not None:
            self.bias.gradient = rows.sum(axis=1)
        self.weight.gradient = (rows @ self._columns().T).reshape(self.weight.value.shape)
        return without_padding(self._sent_back(rows), *self.margins)

    def _sent_back(self, rows: Array) -> Array:
        """What each element of the kernel sends back, added up where it read from."""
        _, inputs, kernel, _ = self.weight.value.shape
        samples, height, width = self.map_shape
        sent = self._matrix().T @ rows
        sent = sent.reshape(inputs, kernel, kernel, samples, height, width)
        # Channels first, as `sent` has them in memory: twice as fast.
        by_channel = self.padded.swapaxes(0, 1)
        total = by_channel.copy(order="C")
        total.fill(0)
        for i in range(kernel):
            for j in range(kernel):
                seen_from(total, i, j, self.stride, height, width)[...] += sent[:, i, j]
        return total.swapaxes(0, 1)

    def _matrix(self) -> Array:
        """The kernel as (O, C * K * K)."""
        return self.weight.value.reshape(len(self.weight.value), -1)

    def _columns(self) -> Array:
        """What the kernel sees at each position as (C * K * K, N * H * W)."""
        seen = windows(self.padded, self.kernel, self.stride)
        columns = seen.transpose(1, 4, 5, 0, 2, 3)
        return columns.reshape(self._matrix().shape[1], -1)

    def _margin(self, side: int) -> Margin:
        """Zeros in front and behind of a map with that side."""
        if not self.is_asymmetric:
            return self.padding, self.padding
        outputs = -(-side // self.stride)
        total = max((outputs - 1) * self.stride + self.kernel - side, 0)
        return total // 2, total - total // 2
