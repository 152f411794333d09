"""The processors: their clock frequency, whether threads share cores, and who else takes time.

Every other program takes time away that a trial then does not have.
Sources: the kernel's Documentation/admin-guide/pm/cpufreq.rst and intel_pstate.rst.
"""

import os
from pathlib import Path
from time import sleep

from bench.host.machine.accounts import (
    SYSTEM,
    count_logical_processors,
    count_physical_cores,
    count_throttle_events,
    read_text,
)
from bench.host.machine.description import choose_threads
from bench.host.machine.load import compute_load, read_conditions
from bench.records.parts import Load, MachineFinding, note_if
from bench.records.results import NOISY_SHARE

PROCESSORS = "sys/devices/system/cpu"
# Each says whether turbo is on, by the value of a file that not every driver has.
TURBO = (("intel_pstate/no_turbo", "0"), ("cpufreq/boost", "1"))
LOOK_SECONDS = 0.8
# Ours waits while another guest computes: no program inside this machine shows why.
NOTED_STEAL_SHARE = 0.01


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


def examine_other_load() -> list[MachineFinding]:
    """Examine the last minute by the load average, and this moment by a direct look."""
    before = read_conditions()
    sleep(LOOK_SECONDS)
    load = compute_load(before, read_conditions())
    return [judge_load_average(os.getloadavg()[0], choose_threads()), *judge_load(load)]


def judge_load_average(load: float, cores: int) -> MachineFinding:
    """Note where programs have kept a quarter of the cores busy, or more."""
    loud = load >= 0.25 * cores
    advice = "; timings will be doubtful until it is near 0" if loud else ""
    return note_if(loud, "load average", f"{load:.2f} over the last minute{advice}")


def judge_load(load: Load) -> list[MachineFinding]:
    """Judge what others take, by a load without a worker."""
    share = load.other_share or 0.0
    loud = share > NOISY_SHARE
    advice = "; end what else runs here" if loud else ""
    detail = f"others take {share:.1%} of the processors now{advice}"
    findings = [note_if(loud, "other load", detail)]
    if load.steal_share is not None:
        stolen = load.steal_share > NOTED_STEAL_SHARE
        advice = "; a machine of its own would be better" if stolen else ""
        detail = f"a hypervisor takes {load.steal_share:.1%} of the processors for others{advice}"
        findings.append(note_if(stolen, "steal time", detail))
    return findings
