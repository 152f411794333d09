"""Counts what a training step costs by the model's spec, and compares a measured step with it.

No measured step changes what is counted here:

`operations` are the floating-point operations of convolutions, dense layers and the LSTM's matrix
products, two for each multiply-add, as in "model FLOPs utilization" (Chowdhery et al. 2022, PaLM,
appendix B). Each product is there in the forward pass, for the gradient of its kernel and for that
of its inputs, which no layer takes of an image. Elementwise work is not counted, nor is anything
that an implementation computes again. A convolution by Winograd's or a Fourier transform
multiplies less often than this says.

`bytes` is the least traffic with memory of a step that runs layer by layer and computes nothing
again. These are counted, each value as large as `BYTES` says:

    parameters     read forward; kernels again for the gradient of inputs; read and written by the
                   update
    gradients      of parameters: written, and read by the update
    slots          of the optimizer: read and written by the update
    inputs         read forward, and again for the gradient of the first kernel
    outputs        of each layer: written and read forward, read again backward; their gradients
                   written and read
    kept values    of an LSTM: written forward, read backward

An embedding's table is not read as a whole and its gradient may be sparse: only its update is
counted, where the optimizer has slots, for then every row changes. Not counted, since one can do
without: a second reading (by batch normalization, a shortcut, a convolution's workspace), masks and
indices, running statistics. Real steps move more. Where a small model fits in a processor's cache,
they move less: its share of the bandwidth may be more than 1.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import Literal

from bench.optimizer import Optimizer
from bench.records.parts import StepCost
from bench.spec import ModelSpec, Param

OPERATIONS_OF_A_MULTIPLY_ADD = 2
# Below this share of the roofline, neither ceiling explains most of the time: it goes into starting
# many small operations, or into work that is not counted.
EXPLAINING_SHARE = 0.25

Bound = Literal["arithmetic", "memory", "neither"]

# Bytes of one value: of inputs, outputs, kept values and the gradients of outputs; of parameters,
# their gradients and the optimizer's slots. With bf16, weights and all that updates them stay in
# float32 (mixed precision, Micikevicius et al. 2018); TF32 is a format of the multiplier's inputs,
# and float32 in memory.
BYTES = {
    "ieee": (4, 4),
    "tf32": (4, 4),
    "bf16": (2, 4),
    "float64": (8, 8),
}


@dataclass(frozen=True)
class Roofline:
    """A measured step under the roofline (Williams, Waterman, Patterson 2009).

    Attributes:
        arithmetic_share: share of the ceiling of operations: model FLOPs utilization.
        bandwidth_share: share of the ceiling of bytes, by the least that the step can have moved.
        bound: ceiling that the step comes nearer to; `neither` where even that one explains less
            than `EXPLAINING_SHARE` of the time.
    """

    arithmetic_share: float
    bandwidth_share: float
    bound: Bound


def count_step_cost(
    spec: ModelSpec, optimizer: Optimizer, batch_size: int, precision: str
) -> StepCost:
    """Count the cost of one step on a batch.

    Raises:
        ValueError: the precision is none of `BYTES`.
    """
    if precision not in BYTES:
        raise ValueError(f"The precision {precision!r} is none of {', '.join(BYTES)}.")
    activation_bytes, weight_bytes = BYTES[precision]
    activations = batch_size * _count_activation_accesses(spec) * activation_bytes
    # Two moments, a velocity, or nothing.
    slots = 2 if optimizer.name == "adam" else int(optimizer.momentum > 0)
    weights = _count_weight_accesses(spec, slots) * weight_bytes
    return StepCost(batch_size * _count_operations(spec), activations + weights)


def calculate_roofline(
    operations: float,
    least_bytes: float,
    seconds: float,
    operations_per_second: float,
    bytes_per_second: float,
) -> Roofline:
    """Calculate where a step of so many operations, bytes and seconds lies under two ceilings.

    Raises:
        ValueError: a time or a ceiling is not above 0.
    """
    if not all(value > 0 for value in (seconds, operations_per_second, bytes_per_second)):
        raise ValueError(
            f"A step of {seconds} s under {operations_per_second} operations/s and "
            f"{bytes_per_second} bytes/s has no roofline: all three have to be above 0."
        )
    arithmetic = operations / operations_per_second / seconds
    bandwidth = least_bytes / bytes_per_second / seconds
    bound: Bound = "arithmetic" if arithmetic >= bandwidth else "memory"
    if max(arithmetic, bandwidth) < EXPLAINING_SHARE:
        bound = "neither"
    return Roofline(arithmetic, bandwidth, bound)


def _count_operations(spec: ModelSpec) -> int:
    # Of one sample: forward, gradient of the kernel and, where it is needed, of the inputs.
    multiply_adds = sum(
        layer.multiply_adds * (3 if layer.input_gradient else 2) for layer in spec.forward_layers()
    )
    return OPERATIONS_OF_A_MULTIPLY_ADD * multiply_adds


def _count_activation_accesses(spec: ModelSpec) -> int:
    # Of one sample: readings and writings of values that a batch has anew.
    inputs = 2 * prod(spec.input_shape)
    return inputs + sum(5 * layer.outputs + 2 * layer.kept for layer in spec.forward_layers())


def _count_weight_accesses(spec: ModelSpec, slots: int) -> int:
    # Readings and writings of parameters, their gradients and so many slots for each.
    embeddings = [param for param in spec.parameters() if param.kind == "embedding"]
    others = [param for param in spec.parameters() if param.kind != "embedding"]
    kernels = sum(layer.weights for layer in spec.forward_layers() if layer.input_gradient)
    forward_and_gradient = _sum_sizes(others) * (1 + 2) + kernels
    updated = _sum_sizes(others) + (_sum_sizes(embeddings) if slots else 0)
    return forward_and_gradient + updated * (2 + 2 * slots)


def _sum_sizes(params: Iterable[Param]) -> int:
    return sum(param.size for param in params)
