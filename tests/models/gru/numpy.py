"""GRU in NumPy: what the frameworks are verified against."""

from bench.models.gru import GRU as Spec  # noqa: N811 (a class)
from impls.numpy.deviations import NONE, Deviations
from impls.numpy.gated import GRULayer
from impls.numpy.layers import Chain, Dense, Layer
from impls.numpy.recurrent import LastStep, Rows


class GRU(Chain):
    """Layers of GRU over the rows of an image; dense on the last step."""

    def __init__(self, spec: Spec, deviations: Deviations = NONE) -> None:
        layers: dict[str, Layer] = {"rows": Rows()}  # (N, steps, features)
        for number, inputs in enumerate(spec.inputs, start=1):
            layers[f"gru{number}"] = GRULayer(inputs, spec.units)  # (N, steps, units)
        layers["last"] = LastStep()  # (N, units)
        layers["dense"] = Dense(spec.units, spec.classes)  # (N, classes)
        super().__init__(layers)
