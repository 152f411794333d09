"""MXNet Gluon behind the contract of `bench.worker.backend`."""

from collections.abc import Mapping, Sequence

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from mxnet.ndarray import NDArray

from bench.job import Execution
from bench.optimizer import Optimizer
from bench.spec import ModelSpec

from . import weights as parameters
from .lenet import LeNet

MODELS = {"lenet": LeNet}


class Backend:
    """Trains with Gluon blocks and a Trainer; in mode `compiled` the blocks are hybridised.

    The number of threads is read from OMP_NUM_THREADS when the library loads.
    """

    version = mx.__version__

    def __init__(self, spec: ModelSpec, optimizer: Optimizer, execution: Execution) -> None:
        self.context = mx.gpu() if execution.device == "cuda" else mx.cpu()
        self.manifest = spec.parameters()
        self.model = MODELS[spec.family](spec)
        self.model.initialize(ctx=self.context)
        self.criterion = gluon.loss.SoftmaxCrossEntropyLoss()
        if execution.mode == "compiled":
            self.model.hybridize(static_alloc=True, static_shape=True)
            self.criterion.hybridize(static_alloc=True, static_shape=True)
        self.trainer = gluon.Trainer(
            self.model.collect_params(),
            "sgd",
            {"learning_rate": optimizer.learning_rate, "momentum": optimizer.momentum},
            kvstore=None,
        )

    def load(self, weights: Mapping[str, np.ndarray]) -> None:
        parameters.load(self.model, self.manifest, weights)

    def step(self, images: np.ndarray, labels: np.ndarray) -> NDArray:
        x, y = self._to_device(images), self._to_device(labels)
        with autograd.record():
            loss = self.criterion(self.model(x), y)  # (N,)
        loss.backward()
        self.trainer.step(len(images))
        return loss

    def losses(self, handles: Sequence[NDArray]) -> list[float]:
        return [handle.asnumpy().sum(dtype=np.float64).item() for handle in handles]

    def evaluate(self, images: np.ndarray, labels: np.ndarray) -> tuple[float, int]:
        x, y = self._to_device(images), self._to_device(labels)
        logits = self.model(x)
        correct = (logits.argmax(axis=1).astype(y.dtype) == y).sum()
        loss = self.criterion(logits, y).sum()
        return loss.asscalar().item(), int(correct.asscalar())

    def export(self) -> dict[str, np.ndarray]:
        return parameters.export(self.model)

    def synchronize(self) -> None:
        mx.nd.waitall()

    def memory(self) -> dict[str, int]:
        # MXNet 1.9.1 has no figure of its allocator.
        return {}

    def _to_device(self, array: np.ndarray) -> NDArray:
        # Without a copy on the CPU. mx.nd.array copies 200,000 values and more with OpenMP in
        # this thread, a second team beside the engine's, and every later step is slower: LeNet's
        # went from 2.1 to 5.7 ms after one evaluation of 356 images (docs/findings.md).
        return mx.nd.from_numpy(array).as_in_context(self.context)
