"""Takes the steps of a verification and yields every quantity, stage by stage."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.job import Execution
from bench.optimizer import Optimizer
from bench.protocol.verification import (
    BATCH_SIZE,
    CHANGED_SHARE,
    GRADIENTS,
    LAST_BATCH_SIZE,
    OPTIMIZERS,
    STEPS,
    STEPS_BEFORE_CHANGE,
)
from bench.spec import ModelSpec
from bench.worker.backend import ReusableBackend, VerifiableBackend

Array = np.ndarray[Any, Any]
# A stage's name and its quantities by item, in layer order.
StageQuantities = tuple[str, dict[str, Array]]


@dataclass(frozen=True)
class Data:
    """The arrays that every framework starts from.

    Attributes:
        inputs: (STEPS, BATCH_SIZE, ...) in the framework's layout and the job's precision.
        labels: (STEPS, BATCH_SIZE).
        arrays: canonical arrays of the model.
    """

    inputs: Array
    labels: Array
    arrays: Mapping[str, Array]


def measure(
    backend_class: type[VerifiableBackend],
    spec: ModelSpec,
    execution: Execution,
    data: Data,
    optimizers: tuple[str, ...],
    anew: bool = False,
) -> Iterator[StageQuantities]:
    """Measure every stage of `bench.protocol.verification.STAGES`, in order.

    Args:
        anew: build the model anew for each optimizer: what `load` does not set, a second bias that
            should not be there, begins as it began with the first.
    """
    first, *others = optimizers
    backend = backend_class(spec, OPTIMIZERS[first], execution)
    backend.load(data.arrays)
    yield from _measure_without_update(backend, spec, data)
    # Also on a backend that has taken other steps, loading starts anew.
    backend.load(data.arrays)
    yield from _measure_training(backend, spec, first, OPTIMIZERS[first], data)
    for name in others:
        if isinstance(backend, ReusableBackend) and not anew:
            backend.set_optimizer(OPTIMIZERS[name])
        else:
            backend = backend_class(spec, OPTIMIZERS[name], execution)
        backend.load(data.arrays)
        yield from _measure_training(backend, spec, name, OPTIMIZERS[name], data)


def _measure_without_update(
    backend: VerifiableBackend, spec: ModelSpec, data: Data
) -> Iterator[StageQuantities]:
    yield "logits in evaluation mode", {"": backend.logits(data.inputs[0], training=False)}
    yield "evaluation of the initial weights", _evaluate(backend, data)
    yield "logits in training mode", {"": backend.logits(data.inputs[0], training=True)}
    for batch, stage in enumerate(GRADIENTS):
        gradients = backend.gradients(data.inputs[batch], data.labels[batch])
        yield stage, {param.name: gradients[param.name] for param in spec.parameters()}


def _measure_training(
    backend: VerifiableBackend, spec: ModelSpec, name: str, optimizer: Optimizer, data: Data
) -> Iterator[StageQuantities]:
    first_losses = backend.losses([backend.step(data.inputs[0], data.labels[0])])
    yield f"loss of step 1, {name}", {"": np.array(first_losses)}
    yield from _export(backend, spec, f"after 1 step of {name}")
    # All handles wait, as in the training loop: none may show the loss of a later step.
    handles = []
    for step in range(1, STEPS):
        if step == STEPS_BEFORE_CHANGE:
            backend.set_learning_rate(optimizer.learning_rate * CHANGED_SHARE)
        handles.append(backend.step(data.inputs[step], data.labels[step]))
    yield (
        f"losses of steps 2 to {STEPS}, {name}",
        {f"step {step}": np.array(loss) for step, loss in enumerate(backend.losses(handles), 2)},
    )
    yield from _export(backend, spec, f"after {STEPS} steps of {name}")
    yield f"evaluation after {STEPS} steps of {name}", _evaluate(backend, data)
    backend.load(data.arrays)
    yield f"evaluation after loading again, {name}", _evaluate(backend, data)
    backend.set_learning_rate(optimizer.learning_rate)
    backend.step(data.inputs[0], data.labels[0])
    yield from _export(backend, spec, f"after loading again and 1 step of {name}")


def _export(backend: VerifiableBackend, spec: ModelSpec, when: str) -> Iterator[StageQuantities]:
    # Slots first: a wrong gradient shows there undiluted.
    slots = backend.slots()
    yield (
        f"slots {when}",
        {
            f"{slot} of {param.name}": slots[slot][param.name]
            for slot in sorted(slots)
            for param in spec.parameters()
            if param.name in slots[slot]
        },
    )
    exported = backend.export()
    yield f"weights {when}", {param.name: exported[param.name] for param in spec.parameters()}
    if spec.statistics():
        statistics = {param.name: exported[param.name] for param in spec.statistics()}
        yield f"statistics {when}", statistics


def _evaluate(backend: VerifiableBackend, data: Data) -> dict[str, Array]:
    # Over two batches, the second smaller, as the last one of a test set is.
    sums = [
        backend.evaluate(data.inputs[batch][:size], _label_half_right(backend, data, batch)[:size])
        for batch, size in enumerate((BATCH_SIZE, LAST_BATCH_SIZE))
    ]
    return {
        "summed loss": np.array([loss for loss, _ in sums]),
        "correct predictions": np.array([correct for _, correct in sums], np.float64),
    }


def _label_half_right(backend: VerifiableBackend, data: Data, batch: int) -> Array:
    # Every second label as the model predicts it. Of labels by chance, often none is: whoever
    # counts wrongly would count right.
    predicted = backend.logits(data.inputs[batch], training=False).argmax(axis=1)
    labels: Array = data.labels[batch].copy()
    labels[::2] = predicted[::2]
    return labels
