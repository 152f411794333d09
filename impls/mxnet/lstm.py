"""LSTM in MXNet Gluon."""

from typing import Any

from mxnet.gluon import HybridBlock, nn, rnn
from mxnet.ndarray import NDArray

from bench.models.lstm import LSTM as Spec  # noqa: N811 (a class)


class LSTM(HybridBlock):
    """Layers of LSTM over the rows of an image or the words of a text; dense on the last step."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.embedding = nn.Embedding(spec.vocabulary, spec.embedding) if spec.vocabulary else None
        # A block for each layer: rnn.LSTM with two, on the CPU without oneDNN (as in float64),
        # sends no gradient to the first when the input needs none. They are as fast.
        self.lstm = nn.HybridSequential()
        for number in range(spec.layers):
            inputs = spec.units if number else spec.features
            self.lstm.add(rnn.LSTM(spec.units, input_size=inputs))
        self.dense = nn.Dense(spec.classes, in_units=spec.units)

    def hybrid_forward(self, F: Any, inputs: NDArray) -> NDArray:  # noqa: N803 (Gluon's own name)
        # Words to (N, steps, embedding), or (N, 1, rows, columns) to (N, rows, columns).
        x = F.squeeze(inputs, axis=1) if self.embedding is None else self.embedding(inputs)
        x = self.lstm(F.swapaxes(x, 0, 1))  # (steps, N, units)
        # Not F.SequenceLast: its gradient corrupts memory in MXNet 1.9.1 (docs/findings.md).
        last = F.squeeze(F.slice_axis(x, axis=0, begin=-1, end=None), axis=0)  # (N, units)
        return self.dense(last)  # (N, classes)
