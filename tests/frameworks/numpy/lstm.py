"""LSTM in NumPy."""

from bench.models.lstm import LSTM as Spec  # noqa: N811 (a class)

from .deviations import NONE, Deviations
from .layers import Chain, Dense, Layer
from .recurrent import Embedding, LastStep, LSTMLayer, Rows


class LSTM(Chain):
    """Layers of LSTM over the rows of an image or the words of a text; dense on the last step."""

    def __init__(self, spec: Spec, deviations: Deviations = NONE) -> None:
        layers: dict[str, Layer] = {}
        if spec.vocabulary:
            layers["embedding"] = Embedding(spec.vocabulary, spec.embedding)
        else:
            layers["rows"] = Rows()
        inputs = spec.features  # (N, steps, features)
        for number in range(1, spec.layers + 1):
            layers[f"lstm{number}"] = LSTMLayer(
                inputs,
                spec.units,
                deviations.gate_order,
                deviations.forget_bias,
                deviations.second_bias,
            )
            inputs = spec.units  # (N, steps, units)
        layers["last"] = LastStep()  # (N, units)
        layers["dense"] = Dense(spec.units, spec.classes)  # (N, classes)
        super().__init__(layers)
