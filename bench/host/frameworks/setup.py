"""How a framework's process is set up for a trial: variables, knobs and layout of its settings."""

from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any, Protocol

from bench.host.frameworks.framework import Framework, Tuning
from bench.job import NATIVE, Execution, Knob

DEFAULT = "default"
TUNED = "tuned"
SETTINGS = (DEFAULT, TUNED)


class Target(Protocol):
    """What is to be set up: a trial, or a cell that is verified."""

    @property
    def model(self) -> str:
        """Name of the model."""

    @property
    def mode(self) -> str:
        """How it is executed."""

    @property
    def device(self) -> str:
        """Where."""

    @property
    def settings(self) -> str:
        """One of SETTINGS."""

    @property
    def layout(self) -> str:
        """`native` to the framework or the settings, `NCHW` or `NHWC`."""


@dataclass(frozen=True)
class Setup:
    """What a worker is given beyond its inputs.

    Attributes:
        environment: variables that the framework's description sets.
        tunings: what the settings add to the defaults.
    """

    environment: dict[str, str]
    execution: Execution
    tunings: tuple[Tuning, ...]

    @property
    def tuning(self) -> dict[str, Any]:
        """What the settings consist of, for the record; empty where they are the defaults."""
        if not self.tunings:
            return {}
        return {
            "environment": _merged(self.tunings, "environment"),
            "knobs": dict(self.execution.knobs),
            "layout": self.execution.layout,
            "reasons": [tuning.reason for tuning in self.tunings],
            "sources": [tuning.source for tuning in self.tunings],
        }


def set_up(framework: Framework, target: Target, precision: str, threads: int) -> Setup:
    """The setup of a framework for a trial or for its verification."""
    tunings = select_tunings(framework, target) if target.settings == TUNED else ()
    layout = target.layout
    if layout == NATIVE:
        # The last one that says something, as of every other setting.
        chosen = [tuning.layout for tuning in tunings if tuning.layout]
        layout = chosen[-1] if chosen else framework.layout
    variables = build_default_variables(framework, target.device, precision, threads)
    tuned = _merged(tunings, "environment")
    knobs: dict[str, Knob] = _merged(tunings, "knobs")
    return Setup(
        variables | {name: _filled(text, threads) for name, text in tuned.items()},
        Execution(target.mode, precision, target.device, threads, layout, knobs),
        tunings,
    )


def build_default_variables(
    framework: Framework, device: str, precision: str, threads: int
) -> dict[str, str]:
    """The variables of the default settings."""
    requirements = framework.devices.get(device)
    own = requirements.environment if requirements else {}
    variables = {name: _filled(text, threads) for name, text in own.items()}
    # Frameworks differ in where they take TF32 by themselves: none may, or all do.
    if device == "cuda" and precision in ("ieee", "float64"):
        variables["NVIDIA_TF32_OVERRIDE"] = "0"
    return variables


def select_tunings(framework: Framework, target: Target) -> tuple[Tuning, ...]:
    """The framework's best-known settings for what is to run, in order; later ones override."""
    return tuple(
        tuning
        for tuning in framework.tuned
        if target.mode in tuning.modes
        and target.device in tuning.devices
        and any(fnmatch(target.model, pattern) for pattern in tuning.models)
    )


def _filled(text: str, threads: int) -> str:
    return text.replace("{threads}", str(threads))


def _merged(tunings: tuple[Tuning, ...], name: str) -> dict[str, Any]:
    return {key: value for tuning in tunings for key, value in getattr(tuning, name).items()}
