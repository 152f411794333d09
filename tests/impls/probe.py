"""Runs a backend in its own environment and saves what it computed: `python -P probe.py`.

Reads a job for one framework and mode on standard input: the names of models,
and of an .npz with weights and batches for each.
"""

import json
import sys
from pathlib import Path

import numpy as np

from bench.job import Execution
from bench.models import MODELS
from bench.optimizer import Optimizer
from bench.spec import Samples
from bench.worker.backend import import_backend

STEPS = 10
OPTIMIZER = Optimizer("sgd", learning_rate=0.05, momentum=0.9)


def probe(
    framework: str, folder: str, mode: str, model: str, arrays: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """What a backend gives for `STEPS` steps: losses, weights before and after, evaluation."""
    spec = MODELS[model].build(Samples((1, 32, 32), 10))
    weights = {param.name: arrays[param.name] for param in spec.parameters()}
    # Images come as (steps, batch, channels, height, width).
    images = arrays["images"]
    if framework == "tensorflow":
        images = np.ascontiguousarray(images.transpose(0, 1, 3, 4, 2))
    backend = import_backend(framework, folder)(spec, OPTIMIZER, Execution(mode, "ieee", "cpu", 2))
    backend.load(weights)
    result = {f"loaded {name}": value for name, value in backend.export().items()}
    labels = arrays["labels"]
    result["evaluated before"] = np.array(backend.evaluate(images[0], labels[0]))
    handles = [backend.step(images[step], labels[step]) for step in range(STEPS)]
    backend.synchronize()
    result["losses"] = np.array(backend.losses(handles))
    result["evaluated after"] = np.array(backend.evaluate(images[0], labels[0]))
    # A smaller batch than before, as the last one of a test set is.
    result["evaluated part"] = np.array(backend.evaluate(images[0][:5], labels[0][:5]))
    return {**result, **{f"trained {name}": value for name, value in backend.export().items()}}


def main() -> None:
    """Probe each model of the job."""
    job = json.load(sys.stdin)
    for model in job["models"]:
        with np.load(Path(job["folder"]) / f"{model}.npz", allow_pickle=False) as archive:
            arrays = dict(archive)
        result = probe(job["framework"], job["implementation"], job["mode"], model, arrays)
        np.savez(Path(job["folder"]) / f"{model}-{job['framework']}-{job['mode']}.npz", **result)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
