"""The processors' clock frequency, what may change it, and whether threads share cores.

Sources: the kernel's Documentation/admin-guide/pm/cpufreq.rst and intel_pstate.rst.
"""

from pathlib import Path

from bench.host.machine.accounts import (
    SYSTEM,
    count_logical_processors,
    count_physical_cores,
    count_throttle_events,
    read_text,
)
from bench.records.parts import MachineFinding, note_if

PROCESSORS = "sys/devices/system/cpu"
# Each says whether turbo is on, by the value of a file that not every driver has.
TURBO = (("intel_pstate/no_turbo", "0"), ("cpufreq/boost", "1"))


def examine_processors(threads: int, system: Path = SYSTEM) -> list[MachineFinding]:
    """Examine governor, turbo, throttling, and the threads of a trial against the cores."""
    return [
        _governor(system),
        _turbo(system),
        _throttling(count_throttle_events(system)),
        _threads(threads, count_physical_cores(), count_logical_processors()),
    ]


def _governor(system: Path) -> MachineFinding:
    files = (system / PROCESSORS).glob("cpu[0-9]*/cpufreq/scaling_governor")
    names = {name for file in files if (name := read_text(file))}
    if not names:
        detail = "the system has none, as usual in a virtual machine: its host decides"
        return MachineFinding("frequency governor", "ok", detail)
    fixed = names == {"performance"}
    advice = "" if fixed else "; `cpupower frequency-set -g performance` keeps the clock steady"
    return note_if(not fixed, "frequency governor", ", ".join(sorted(names)) + advice)


def _turbo(system: Path) -> MachineFinding:
    for file, on in TURBO:
        value = read_text(system / PROCESSORS / file)
        if value is not None:
            detail = "on: the clock depends on heat and on how many cores work"
            return MachineFinding("turbo", "ok", detail if value == on else "off")
    return MachineFinding("turbo", "ok", "the system does not tell")


def _throttling(events: int | None) -> MachineFinding:
    if events is None:
        return MachineFinding("throttling", "ok", "the system does not count it")
    # For information: what counts is whether there are more after a trial.
    return MachineFinding("throttling", "ok", f"{events:,} times by heat since the system started")


def _threads(threads: int, cores: int | None, processors: int) -> MachineFinding:
    if cores is None:
        detail = f"{threads}; the system does not tell its physical cores"
        return MachineFinding("threads", "ok", detail)
    shared = threads > cores
    advice = "; some will share a core, and which ones changes" if shared else ""
    hyper = " with hyper-threads" if processors > cores else ""
    return note_if(shared, "threads", f"{threads} on {cores} physical cores{hyper}{advice}")
