"""Makes the layers of a model from the kernels of its manifest. Standard library only."""

from functools import partial

from bench.spec import GATES, GRU_GATES, Layer, Param


def convolution_layer(kernel: Param, side: int, input_gradient: bool = True) -> Layer:
    """A convolution that gives a square feature map of that side."""
    return Layer(
        _layer_name(kernel),
        outputs=kernel.shape[0] * side**2,
        weights=kernel.size,
        positions=side**2,
        input_gradient=input_gradient,
    )


def dense_layer(kernel: Param) -> Layer:
    """A fully connected layer."""
    return Layer(_layer_name(kernel), outputs=kernel.shape[0], weights=kernel.size, positions=1)


def _recurrent_layers(
    input_kernel: Param,
    recurrent_kernel: Param,
    steps: int,
    hands_on: int,
    input_gradient: bool = True,
    *,
    kept: int,
) -> tuple[Layer, Layer]:
    """Return the two matrix products of a recurrent layer over a sequence.

    The first step multiplies by the recurrent kernel too, though its hidden state is zero, and the
    backward pass takes the gradient of that state: so do the fused kernels.

    Args:
        hands_on: how many of the steps' hidden states the next layer reads; the others are kept
            for the gradient of the recurrent kernel.
        kept: how many more vectors of the units are kept of each step.
    """
    units = recurrent_kernel.shape[1]
    return (
        # The sum of both products goes straight through the gates.
        Layer(
            _layer_name(input_kernel),
            outputs=0,
            weights=input_kernel.size,
            positions=steps,
            input_gradient=input_gradient,
        ),
        Layer(
            _layer_name(recurrent_kernel),
            outputs=hands_on * units,
            weights=recurrent_kernel.size,
            positions=steps,
            kept=(steps - hands_on + kept * steps) * units,
        ),
    )


# Four gates and a cell of each step are kept.
lstm_layers = partial(_recurrent_layers, kept=GATES + 1)
# Three gates and the hidden state's part of the new one.
gru_layers = partial(_recurrent_layers, kept=GRU_GATES + 1)


def _layer_name(kernel: Param) -> str:
    """`conv1` of `conv1.weight`, `lstm1.input` of `lstm1.input_weight`."""
    return kernel.name.removesuffix("weight").rstrip("._")
