"""Runs the steps one after the other, each with its time limit, and keeps what each found."""

import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Literal

from tests.gpu.findings import Finding, Findings
from tests.gpu.plan import Step
from tests.gpu.settings import ROOT, Settings

# A step that is stopped gets this long to end its own processes and to write what it has.
GRACE_SECONDS = 8.0
# For the page, which shows what was reached.
LAST_SECONDS = 20.0
LEAST_SECONDS = 5.0
MOST_CHARACTERS = 600

Status = Literal["done", "failed", "stopped at its limit", "not reached"]


@dataclass(frozen=True)
class StepResult:
    """What came of a step.

    Attributes:
        reason: why it is not done; the end of what it printed where it failed.
    """

    name: str
    question: str
    status: Status
    reason: str | None
    seconds: float
    limit_seconds: float
    findings: Sequence[Finding]

    def to_document(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {**vars(self), "findings": list(self.findings)}


# (arguments, file for what is printed, seconds) -> exit status, None where it was stopped.
Launch = Callable[[Sequence[str], Path, float], int | None]


def launch_process(command: Sequence[str], log: Path, seconds: float) -> int | None:
    """Run a step's process in a session of its own; end it, and all that it started, at the limit.

    It is interrupted first, since a run then writes down what it has.
    """
    with log.open("wb") as stream:
        process = subprocess.Popen(
            list(command),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            process.send_signal(number)
            try:
                process.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                continue
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def run_steps(
    steps: Sequence[Step],
    settings: Settings,
    seconds: float,
    keep: Callable[[Sequence[StepResult], Settings], None],
    launch: Launch = launch_process,
    clock: Callable[[], float] = monotonic,
) -> list[StepResult]:
    """Run all steps that the time suffices for; `keep` gets all results after each of them."""
    end = clock() + seconds
    results: list[StepResult] = []
    for number, step in enumerate(steps):
        left = end - clock() - (LAST_SECONDS if number < len(steps) - 1 else 0.0)
        reason = find_reason_to_skip(step, settings, results, left)
        if reason is None:
            limit = min(step.limit_seconds * settings.patience, left)
            results.append(_run(step, settings, limit, launch, clock))
            settings = settings.without(find_unusable_frameworks(results[-1].findings))
        else:
            results.append(
                StepResult(
                    step.name, step.question, "not reached", reason, 0.0, step.limit_seconds, ()
                )
            )
        keep(results, settings)
    return results


def find_reason_to_skip(
    step: Step, settings: Settings, results: Sequence[StepResult], left: float
) -> str | None:
    """Say why a step has nothing to do; None if it has."""
    if left < LEAST_SECONDS:
        return "The time was up."
    findings = Findings({result.name: result.findings for result in results})
    names = findings.select("answer", question="name")
    if step.needs_framework and names and names[0]["value"] is None:
        return f"There is no GPU to examine: {names[0]['reason']}"
    if step.needs_framework and not settings.pythons:
        return "No interpreter has a framework that can compute here."
    return None


def find_unusable_frameworks(findings: Sequence[Finding]) -> frozenset[str]:
    """Find the frameworks that cannot be imported or cannot compute."""
    return frozenset(
        finding["framework"]
        for finding in findings
        if finding["what"] in ("interpreter", "probe") and finding["reason"] is not None
    )


def _run(
    step: Step, settings: Settings, seconds: float, launch: Launch, clock: Callable[[], float]
) -> StepResult:
    folder = Path(settings.folder)
    notes, log = folder / f"{step.name}.jsonl", folder / f"{step.name}.log"
    print(f"{step.name}: {step.question} (at most {seconds:.0f} s)", flush=True)
    start = clock()
    code = launch(step.build_command(settings, notes), log, seconds)
    findings = step.read(settings, notes)
    status, reason = _judge(code, seconds, log)
    took = clock() - start
    print(f"  {status} after {took:.0f} s, {len(findings)} findings", flush=True)
    return StepResult(step.name, step.question, status, reason, took, seconds, findings)


def _judge(code: int | None, seconds: float, log: Path) -> tuple[Status, str | None]:
    if code == 0:
        return "done", None
    if code is None:
        return "stopped at its limit", f"It took longer than {seconds:.0f} s."
    return "failed", f"Exit status {code}: {_read_end(log)}"


def _read_end(log: Path) -> str:
    text = log.read_text("utf-8", "replace") if log.is_file() else ""
    return text.strip()[-MOST_CHARACTERS:] or "it printed nothing"


def collect(results: Sequence[StepResult]) -> Findings:
    """Collect the findings of all steps."""
    return Findings({result.name: result.findings for result in results})
