"""Collects a worker's events into the measured part of a record."""

from dataclasses import dataclass, field
from typing import Any

from bench.host.executor import Event, Outcome
from bench.results import Block, Epoch, Status


@dataclass
class Transcript:
    """What a worker has told so far; a trial that fails later keeps it."""

    seconds: dict[str, float] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    framework_version: str | None = None
    parameters: int | None = None
    error: str | None = None
    finished: bool = False

    def add(self, event: Event) -> None:
        """Take in one event; one outside the protocol in `bench.job` fails the trial."""
        try:
            getattr(self, f"_on_{event['event']}", self._on_unknown)(event)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            self.error = (
                f"The worker's event {event['event']!r} is not as the protocol says "
                f"({type(error).__name__}: {error}); correct the implementation."
            )

    def fields(self) -> dict[str, Any]:
        """The fields of a record that come from the worker."""
        return {
            "framework_version": self.framework_version,
            "versions": self.versions,
            "digests": self.digests,
            "parameters": self.parameters,
            "seconds": self.seconds,
            "blocks": tuple(self.blocks),
            "epochs": tuple(self.epochs),
            "losses": tuple(self.losses),
            "memory": self.memory,
        }

    def verdict(self, outcome: Outcome, time_limit_seconds: float) -> tuple[Status, str | None]:
        """The trial's status and the reason in one sentence: why it is not ok, or what was odd."""
        if self.error is not None:
            return "failed", self.error
        if self.finished:
            # Its numbers are whole, whatever happened when the framework was torn down.
            odd = outcome.failure or ("It did not end by itself." if outcome.timed_out else None)
            return "ok", f"It finished; then: {odd}" if odd else None
        if outcome.timed_out:
            return "timeout", (
                f"It was stopped after {time_limit_seconds:g} s; raise the plan's "
                "time_limit_seconds or make the trial shorter."
            )
        if outcome.failure is not None:
            return "failed", f"{outcome.failure} {_last_line(outcome.log_tail)}".strip()
        return "failed", "The worker ended well but did not say that it had finished."

    def _on_imported(self, event: Event) -> None:
        self.seconds["import"] = float(event["seconds"])
        self.framework_version = str(event["framework_version"])
        self.versions = dict(event["versions"])
        self.memory["resident_after_import_bytes"] = int(event["resident_bytes"])

    def _on_inputs(self, event: Event) -> None:
        self.seconds["inputs"] = float(event["seconds"])
        self.digests = dict(event["digests"])

    def _on_built(self, event: Event) -> None:
        self.seconds["build"] = float(event["seconds"])
        self.parameters = int(event["parameters"])
        self.memory["resident_after_build_bytes"] = int(event["resident_bytes"])

    def _on_first_step(self, event: Event) -> None:
        self.seconds["first_step"] = float(event["seconds"])

    def _on_block(self, event: Event) -> None:
        self.blocks.append(
            Block(
                steps=int(event["steps"]),
                samples=int(event["samples"]),
                seconds=float(event["seconds"]),
                warmup=bool(event["warmup"]),
            )
        )
        self.losses.extend(float(loss) for loss in event["losses"])

    def _on_epoch(self, event: Event) -> None:
        epoch = Epoch(**{name: float(event[name]) for name in Epoch.__dataclass_fields__})
        self.epochs.append(epoch)
        self.seconds["evaluation"] = sum(one.evaluation_seconds for one in self.epochs)

    def _on_finished(self, event: Event) -> None:
        self.memory["peak_resident_bytes"] = int(event["resident_bytes"])
        self.memory.update({name: int(value) for name, value in event["memory"].items()})
        self.finished = True

    def _on_error(self, event: Event) -> None:
        self.error = str(event["reason"])

    def _on_unknown(self, event: Event) -> None:
        raise ValueError(f"there is no event {event['event']!r}")


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return f"Its last words: {lines[-1].strip()}" if lines else ""
