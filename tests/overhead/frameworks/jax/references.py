"""Models that Flax's own layers make, one after the other, as its tutorials write them.

Flax's package holds no models: these are plain stacks of its layers, with the sizes of AlexNet in
torchvision and of LeNet in PyTorch's tutorials.
"""

from collections.abc import Callable
from functools import partial

import jax
from flax import nnx

from bench.spec import ModelSpec

POOL_2 = partial(nnx.max_pool, window_shape=(2, 2), strides=(2, 2))
POOL_3 = partial(nnx.max_pool, window_shape=(3, 3), strides=(2, 2))


def flatten(x: jax.Array) -> jax.Array:
    """(N, height, width, channels) to (N, everything)."""
    return x.reshape(len(x), -1)


def lenet(spec: ModelSpec) -> nnx.Module:
    """Of 28x28 or 32x32."""
    rngs = nnx.Rngs(0)
    padding = 2 if spec.input_shape[1] == 28 else 0
    return nnx.Sequential(
        *(nnx.Conv(spec.input_shape[0], 6, (5, 5), padding=padding, rngs=rngs), nnx.relu, POOL_2),
        *(nnx.Conv(6, 16, (5, 5), padding=0, rngs=rngs), nnx.relu, POOL_2, flatten),
        *(nnx.Linear(400, 120, rngs=rngs), nnx.relu, nnx.Linear(120, 84, rngs=rngs), nnx.relu),
        nnx.Linear(84, spec.classes, rngs=rngs),
    )


def alexnet(spec: ModelSpec) -> nnx.Module:
    """Of 224x224, as `torchvision.models.alexnet` without its adaptive pooling, which is void."""
    rngs = nnx.Rngs(0)
    return nnx.Sequential(
        *(nnx.Conv(3, 64, (11, 11), strides=4, padding=2, rngs=rngs), nnx.relu, POOL_3),
        *(nnx.Conv(64, 192, (5, 5), padding=2, rngs=rngs), nnx.relu, POOL_3),
        *(nnx.Conv(192, 384, (3, 3), padding=1, rngs=rngs), nnx.relu),
        *(nnx.Conv(384, 256, (3, 3), padding=1, rngs=rngs), nnx.relu),
        *(nnx.Conv(256, 256, (3, 3), padding=1, rngs=rngs), nnx.relu, POOL_3, flatten),
        *(nnx.Dropout(0.5, rngs=rngs), nnx.Linear(9216, 4096, rngs=rngs), nnx.relu),
        *(nnx.Dropout(0.5, rngs=rngs), nnx.Linear(4096, 4096, rngs=rngs), nnx.relu),
        nnx.Linear(4096, spec.classes, rngs=rngs),
    )


def lstm(spec: ModelSpec) -> nnx.Module:
    """Over the rows of an image of 28x28, (N, 28, 28, 1)."""
    rngs = nnx.Rngs(0)
    columns = spec.input_shape[2]
    return nnx.Sequential(
        lambda x: x.squeeze(-1),
        nnx.RNN(nnx.OptimizedLSTMCell(columns, 128, rngs=rngs), rngs=rngs),
        lambda x: x[:, -1],
        nnx.Linear(128, spec.classes, rngs=rngs),
    )


MODELS: dict[str, Callable[[ModelSpec], nnx.Module]] = {
    "lenet": lenet,
    "alexnet": alexnet,
    "lstm": lstm,
}
