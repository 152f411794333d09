"""What trials ran on: machines numbered in order of appearance, in one sentence and as a table."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bench.records.results import Record
from reports.records.identity import keep_distinct
from reports.text import titles, units
from reports.trials.frame import make_machine_key

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Machine:
    """One machine of a run.

    Attributes:
        number: from 1, in order of appearance.
        key: `reports.trials.frame.make_machine_key` of the facts.
        facts: as recorded; any key may be absent.
    """

    number: int
    key: str
    facts: Facts

    @property
    def sentence(self) -> str:
        """CPU, cores, memory, GPU and operating system in one line."""
        facts = self.facts
        parts = (
            _text(facts.get("cpu")) or "unknown CPU",
            _cores(facts),
            _bytes(facts.get("memory_bytes"), " memory"),
            _gpus(facts),
            _text(facts.get("operating_system")),
        )
        return ", ".join(filter(None, parts))


def find_machines(records: Iterable[Record]) -> tuple[Machine, ...]:
    """The machines that the records came from."""
    facts_of = {
        make_machine_key(facts): facts
        for facts in keep_distinct(record.machine for record in records)
    }
    return tuple(
        Machine(number, key, facts) for number, (key, facts) in enumerate(facts_of.items(), start=1)
    )


def build_machine_table(machines: Iterable[Machine]) -> pd.DataFrame:
    """A row per property, a column per machine; properties that this version does not know last."""
    columns = {f"Machine {machine.number}": _properties(machine.facts) for machine in machines}
    names = dict.fromkeys(name for properties in columns.values() for name in properties)
    return pd.DataFrame(columns, index=list(names), dtype=object).fillna(units.ABSENT)


def _properties(facts: Facts) -> dict[str, str]:
    shown = {title: _text(facts.get(key)) or units.ABSENT for title, key in _TITLES.items()}
    shown["Memory"] = _bytes(facts.get("memory_bytes"), "") or units.ABSENT
    shown["GPU"] = _gpus(facts)
    others = {name: value for name, value in facts.items() if name not in _KNOWN}
    return shown | {name: json.dumps(value, default=str) for name, value in others.items()}


def _cores(facts: Facts) -> str:
    nouns = {"physical_cores": "physical core", "logical_processors": "logical processor"}
    parts = [
        titles.format_count(facts[key], noun)
        for key, noun in nouns.items()
        if isinstance(facts.get(key), int)
    ]
    if isinstance(facts.get("usable_processors"), int):
        parts.append(f"{facts['usable_processors']} of them usable")
    return ", ".join(parts)


def _gpus(facts: Facts) -> str:
    gpus = facts.get("gpus")
    if not isinstance(gpus, list) or not gpus:
        reason = _text(facts.get("gpu_reason")).rstrip(".")
        return f"no GPU ({reason})" if reason else "no GPU"
    return titles.join_words([_gpu(gpu) for gpu in gpus])


def _gpu(gpu: Any) -> str:
    if not isinstance(gpu, Mapping):
        return _text(gpu)
    memory = _bytes(gpu.get("memory_bytes"), "")
    return (_text(gpu.get("name")) or "unknown GPU") + (f" ({memory})" if memory else "")


def _bytes(value: Any, suffix: str) -> str:
    return units.format_gibibytes(value) + suffix if isinstance(value, int | float) else ""


def _text(value: Any) -> str:
    return "" if value is None else str(value)


_TITLES = {
    "CPU": "cpu",
    "Physical cores": "physical_cores",
    "Logical processors": "logical_processors",
    "Usable processors": "usable_processors",
    "Memory": "memory_bytes",
    "GPU": "gpus",
    "GPU driver": "gpu_driver",
    "Operating system": "operating_system",
    "Kernel": "kernel",
    "Architecture": "architecture",
}
_KNOWN = {*_TITLES.values(), "gpu_reason"}
