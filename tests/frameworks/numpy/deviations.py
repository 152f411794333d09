"""The conventions in which implementations of the same model differ without a word."""

from dataclasses import dataclass

from bench.spec import NORMALIZATION_DECAY, NORMALIZATION_EPSILON


@dataclass(frozen=True)
class Deviations:
    """How this framework departs from the specs and the rules of `bench.optimizer`.

    By default it does not. With one field changed it is an implementation with that one
    mistake: where its numbers are those of a wrong implementation, the mistake is found.

    Attributes:
        normalization_epsilon: of batch normalization.
        normalization_decay: of the running statistics.
        unbiased_variance: the running variance has the divisor n - 1, exported as it is.
        forget_bias: added to an LSTM's forget gate beside the bias.
        gate_order: of the rows of an LSTM's arrays.
        second_bias: an LSTM has a second trainable bias, which starts at zero; exports,
            gradients and slots do not show it, and loading leaves it as it is.
        asymmetric_padding: convolutions with a stride pad like TensorFlow's "same".
        flatten_order: of a feature map before a dense layer.
        response_alpha_is_mean: local response normalization takes the mean of squares.
        learning_rate_inside_momentum: velocity = momentum * velocity + learning_rate * g, and
            is not rescaled when the learning rate changes. Slots show it over the learning rate.
        epsilon_uncorrected: Adam's epsilon is beside the root without its correction.
        adam_epsilon: instead of the optimizer's.
        decoupled_weight_decay: weight -= learning_rate * weight_decay * weight, beside the
            gradient, not in it.
        decay_everything: weight decay for every trainable parameter.
        no_weight_decay: for none.
        summed_gradient: of the summed loss of a batch, not of its mean.
        forgotten: name of a parameter that the model does without: zero, or one for a scale;
            its gradient is zero, and it is exported as it was loaded.
        pooling: `max` or `average` wherever the model pools.
        nesterov: SGD looks ahead: weight -= learning_rate * (g + momentum * velocity).
    """

    normalization_epsilon: float = NORMALIZATION_EPSILON
    normalization_decay: float = NORMALIZATION_DECAY
    unbiased_variance: bool = False
    forget_bias: float = 0.0
    gate_order: str = "ifgo"
    second_bias: bool = False
    asymmetric_padding: bool = False
    flatten_order: str = "CHW"
    response_alpha_is_mean: bool = False
    learning_rate_inside_momentum: bool = False
    epsilon_uncorrected: bool = False
    adam_epsilon: float | None = None
    decoupled_weight_decay: bool = False
    decay_everything: bool = False
    no_weight_decay: bool = False
    summed_gradient: bool = False
    forgotten: str | None = None
    pooling: str | None = None
    nesterov: bool = False


NONE = Deviations()
