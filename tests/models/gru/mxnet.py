"""GRU in MXNet Gluon."""

from typing import Any

from bench.models.gru import GRU as Spec  # noqa: N811 (a class)
from mxnet.gluon import HybridBlock, nn, rnn
from mxnet.ndarray import NDArray


class GRU(HybridBlock):
    """Layers of GRU over the rows of an image; dense on the last step."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        # A block for each layer: in float64, rnn.GRU with two sends no gradient to the first.
        self.gru = nn.HybridSequential()
        for inputs in spec.inputs:
            self.gru.add(rnn.GRU(spec.units, layout="NTC", input_size=inputs))
        self.dense = nn.Dense(spec.classes, in_units=spec.units)

    def hybrid_forward(self, F: Any, images: NDArray) -> NDArray:  # noqa: N803 (Gluon's own name)
        x = self.gru(F.squeeze(images, axis=1))  # (N, steps, units)
        last = F.squeeze(F.slice_axis(x, axis=1, begin=-1, end=None), axis=1)  # (N, units)
        return self.dense(last)  # (N, classes)
