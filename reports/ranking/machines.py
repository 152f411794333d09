"""What trials ran on: machines numbered in order of appearance, in one sentence and as a table."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bench.records.machine import Facts, describe_machine_changes, make_machine_key
from bench.records.results import Record
from reports.records.identity import keep_distinct
from reports.text import titles, units


@dataclass(frozen=True)
class Machine:
    """One machine of a run.

    Attributes:
        number: from 1, in order of appearance.
        key: `bench.records.machine.make_machine_key` of the facts.
        facts: as last recorded; any key may be absent.
        earlier: what was recorded of it before, oldest first, where that was something else.
    """

    number: int
    key: str
    facts: Facts
    earlier: tuple[Facts, ...] = ()

    @property
    def states(self) -> tuple[Facts, ...]:
        """All that was recorded of it, oldest first."""
        return (*self.earlier, self.facts)

    @property
    def changes(self) -> str:
        """What changed on it from the first trial to the last: its system, its GPU's driver."""
        return describe_machine_changes(self.states)

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
    # A reader makes equal machines one object.
    starts: dict[int, tuple[str, Facts]] = {}
    for record in records:
        start = starts.setdefault(id(record.machine), (record.started, record.machine))
        if record.started < start[0]:
            starts[id(record.machine)] = (record.started, record.machine)
    states_of: dict[str, list[tuple[str, Facts]]] = {}
    for start in starts.values():
        states_of.setdefault(make_machine_key(start[1]), []).append(start)
    return tuple(
        _make_machine(number, key, states)
        for number, (key, states) in enumerate(states_of.items(), start=1)
    )


def _make_machine(number: int, key: str, starts: Iterable[tuple[str, Facts]]) -> Machine:
    in_time = (facts for _, facts in sorted(starts, key=lambda start: start[0]))
    *earlier, latest = keep_distinct(in_time)
    return Machine(number, key, latest, tuple(earlier))


def build_machine_table(machines: Iterable[Machine]) -> pd.DataFrame:
    """A row per property, a column per machine; properties that this version does not know last."""
    columns = {
        f"Machine {machine.number}": _join_states(map(_properties, machine.states))
        for machine in machines
    }
    names = dict.fromkeys(name for properties in columns.values() for name in properties)
    return pd.DataFrame(columns, index=list(names), dtype=object).fillna(units.ABSENT)


def _join_states(states: Iterable[dict[str, str]]) -> dict[str, str]:
    """Show each value that a property had, oldest first."""
    values: dict[str, dict[str, None]] = {}
    for state in states:
        for name, text in state.items():
            values.setdefault(name, {})[text] = None
    return {name: ", then ".join(texts) for name, texts in values.items()}


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
