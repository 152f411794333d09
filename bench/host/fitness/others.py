"""What else runs here: every other program takes time away that a trial then does not have."""

import os
from time import sleep

from bench.host.machine.description import choose_threads
from bench.host.machine.load import LoadMeter
from bench.records.parts import Load, MachineFinding, note_if
from bench.records.results import NOISY_SHARE

LOOK_SECONDS = 0.8
# Ours waits while another guest computes: no program inside this machine shows why.
NOTED_STEAL_SHARE = 0.01


def examine_other_load() -> list[MachineFinding]:
    """Examine the last minute by the load average, and this moment by a direct look."""
    meter = LoadMeter()
    sleep(LOOK_SECONDS)
    return [judge_load_average(os.getloadavg()[0], choose_threads()), *judge_load(meter.read())]


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
