"""What there is: rows for `python -m bench list`."""

from collections.abc import Mapping
from typing import Any

from bench.host.data import DATASETS
from bench.host.data.synthetic import IMAGES, LIMITS, TEXTS
from bench.host.frameworks.framework import Framework, discover
from bench.host.planning.plan import expand, list_plan_names, read_plan
from bench.models import Model
from bench.spec import Samples, parameter_count

Row = dict[str, Any]


def list_frameworks(frameworks: Mapping[str, Framework], models: Mapping[str, Model]) -> list[Row]:
    """One row for each framework and device that it is described for."""
    return [
        {
            "framework": framework.name,
            "device": device,
            "installed as": requirements.packages[0].partition(";")[0].strip(),
            "models": sorted(
                {model.family for model in models.values() if framework.has_model(model)}
            ),
            "modes": [
                f"{mode} (default)" if mode == framework.default_mode else mode
                for mode in framework.modes
            ],
        }
        for framework in frameworks.values()
        for device, requirements in framework.devices.items()
    ]


def list_models(models: Mapping[str, Model]) -> list[Row]:
    """One row for each model and each input that a data set gives it."""
    rows = []
    for model in models.values():
        for dataset in DATASETS.values():
            try:
                spec = model.build(dataset.samples)
            except ValueError:
                continue
            rows.append(
                {
                    "model": model.name,
                    "data set": dataset.name,
                    "input": "x".join(str(side) for side in spec.input_shape),
                    "parameters": parameter_count(spec),
                    "summary": model.summary,
                }
            )
    return rows


def list_datasets() -> list[Row]:
    """One row for each data set, then one for each kind of synthetic ones."""
    return [
        {
            "data set": dataset.name,
            "sample": _sample(dataset.samples),
            "classes": dataset.samples.classes,
            "summary": dataset.summary,
        }
        for dataset in DATASETS.values()
    ] + [
        {
            "data set": grammar,
            "sample": sample,
            "classes": None,
            "summary": f"random {kind} for throughput, of any shape ({LIMITS}): accuracy on them "
            "means nothing",
        }
        for grammar, sample, kind in (
            (IMAGES, "<C>x<H>x<W>", "pixels"),
            (TEXTS, "<L> of <V>", "tokens"),
        )
    ]


def _sample(samples: Samples) -> str:
    """The sides of an image, or the length of a text and how many tokens there are."""
    sides = "x".join(str(side) for side in samples.shape)
    return sides if samples.vocabulary is None else f"{sides} of {samples.vocabulary}"


def list_plans() -> list[Row]:
    """One row for each plan that comes with samestep."""
    frameworks = discover()
    rows = []
    for name in list_plan_names():
        plan = read_plan(name, frameworks)
        trials = expand(plan, frameworks, plan.device or "cpu")
        rows.append({"plan": name, "trials": len(trials), "summary": plan.description})
    return rows
