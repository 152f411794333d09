"""What the findings say of each point: a verdict, and what it comes from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tests.gpu.findings import Finding, Findings

Verdict = Literal["seen right", "seen wrong", "not reached"]

# What Lambda publishes for ResNet-50 with mixed precision on one H200, and what is to be had by
# compiling (lambda.ai/gpu-benchmarks).
PUBLISHED_IMAGES_PER_SECOND = 3079
LEAST_RATIO_TO_PUBLISHED = 1.2
LEAST_HARNESS_RATIO = 0.99
LEAST_ACCURACY = 0.90
# Events and the host's clock bracket the same work; what starts it comes before the first event.
DEVICE_SHARE = (0.9, 1.001)
EXPECTED_ROUNDING = {
    # (the framework's switch, the override) -> what products round to.
    (False, True): "float32",
    (False, False): "float32",
    (True, False): "tf32",
    (True, True): "float32",
}


@dataclass(frozen=True)
class Answer:
    """A verdict and what it comes from, in a sentence."""

    verdict: Verdict
    detail: str


NOT_REACHED = Answer("not reached", "No finding says anything of it.")


def _answer(wrong: Sequence[str], right: Sequence[str]) -> Answer:
    """Judge by what was seen: anything wrong makes the point wrong."""
    if wrong:
        return Answer("seen wrong", "; ".join(wrong))
    return Answer("seen right", "; ".join(right)) if right else NOT_REACHED


def _judge_cells(findings: Sequence[Finding]) -> Answer:
    wrong: list[str] = []
    right: list[str] = []
    for cell in findings:
        title = f"{cell['model']} in {cell['framework']}, {cell['mode']}, {cell['settings']}"
        if cell["verdict"] == "verified":
            right.append(f"{title} ({cell['seconds']:.0f} s)")
        else:
            wrong.append(f"{title} is {cell['verdict']}: {cell['reason']}")
    return _answer(wrong, right)


def judge_verification(findings: Findings) -> Answer:
    return _judge_cells(findings.select("cell"))


def judge_float32(findings: Findings) -> Answer:
    wrong: list[str] = []
    right: list[str] = []
    for cell in findings.select("cell"):
        nearest = cell["nearest_to_limit"].get("float32")
        if nearest is not None:
            words = f"{cell['model']} in {cell['framework']}, {cell['mode']}: {nearest:.2f}"
            (right if nearest <= 1 else wrong).append(f"{words} of its limit")
    return _answer(wrong, right)


def judge_switches(findings: Findings) -> Answer:
    wrong: list[str] = []
    right: list[str] = []
    for finding in findings.select("switch"):
        title = finding["framework"]
        if finding["reason"] is not None:
            wrong.append(f"{title} failed: {finding['reason']}")
            continue
        expected = EXPECTED_ROUNDING[finding["allows_tf32"], finding["overrides"]]
        words = (
            f"{title}'s {finding['operation']} rounds to {finding['rounds_to']} with its switch "
            f"{'on' if finding['allows_tf32'] else 'off'} and the override "
            f"{'set' if finding['overrides'] else 'not set'}"
        )
        (right if finding["rounds_to"] == expected else wrong).append(words)
    return _answer(wrong, right)


def _judge_trials(findings: Sequence[Finding]) -> Answer:
    wrong: list[str] = []
    right: list[str] = []
    for trial in findings:
        if trial["status"] == "skipped":
            continue
        title = f"{trial['model']} in {trial['framework']}, {trial['mode']}, {trial['precision']}"
        if trial["status"] == "ok":
            rate = trial["samples_per_second"]
            right.append(f"{title}: {rate:,.0f} samples/s" if rate else f"{title} ran")
        else:
            wrong.append(f"{title}: {trial['status']}, {trial['reason']}")
    return _answer(wrong, right)


def judge_bfloat16(findings: Findings) -> Answer:
    return _judge_trials(findings.select("trial", precision="bf16"))


def judge_pytorch(findings: Findings) -> Answer:
    cells = [
        *findings.select("cell", framework="pytorch", model="lstm"),
        *findings.select("cell", framework="pytorch", mode="compiled"),
    ]
    return _judge_cells(cells)


def judge_jax(findings: Findings) -> Answer:
    wrong: list[str] = []
    right: list[str] = []
    for finding in findings.select("probe", framework="jax"):
        if finding["reason"] is not None:
            wrong.append(f"its device was not found: {finding['reason']}")
    for trial in findings.select("trial", framework="jax", status="ok"):
        peak, reserved = trial["allocator_peak_bytes"], trial["allocator_reserved_bytes"]
        driver = trial["device_peak_bytes"] or trial["device_total_increase_bytes"]
        if peak is None:
            wrong.append(f"{trial['model']}: its allocator tells no peak")
        elif driver is not None and peak > driver:
            wrong.append(f"{trial['model']}: {peak:,} bytes by its allocator, {driver:,} in all")
        else:
            right.append(f"{trial['model']}: peak {peak:,}, taken {reserved}, driver {driver}")
    return _answer(wrong, right)


def judge_tensorflow(findings: Findings) -> Answer:
    return _judge_cells(findings.select("cell", framework="tensorflow"))


def judge_mxnet(findings: Findings) -> Answer:
    return _judge_cells(findings.select("cell", framework="mxnet"))


def judge_driver(findings: Findings) -> Answer:
    answers = findings.select("answer")
    if all(answer["value"] is None for answer in answers):
        return NOT_REACHED
    wrong = [f"{answer['question']}: {answer['reason']}" for answer in answers if answer["reason"]]
    trials = findings.select("trial", status="ok")
    if trials and all(trial["gpu_joules"] is None for trial in trials):
        wrong.append(f"no trial has the GPU's energy: {trials[0]['absent'].get('gpu_joules')}")
    right = [f"{answer['question']}: {answer['value']}" for answer in answers]
    return _answer(wrong, right)


def judge_processes(findings: Findings) -> Answer:
    trials = findings.select("trial", status="ok")
    told = [trial for trial in trials if trial["device_peak_bytes"] is not None]
    wrong = [
        f"{trial['model']} in {trial['framework']}: {trial['absent'].get('device_peak_bytes')}"
        for trial in trials
        if trial["device_peak_bytes"] is None
    ]
    right = [
        f"{trial['model']} in {trial['framework']}: {trial['device_peak_bytes']:,} bytes"
        for trial in told
    ]
    return _answer(wrong, right)


def judge_events(findings: Findings) -> Answer:
    wrong: list[str] = []
    right: list[str] = []
    low, high = DEVICE_SHARE
    for trial in findings.select("trial", framework="pytorch", status="ok"):
        share = trial["device_seconds_share"]
        title = f"{trial['model']}, {trial['mode']}, {trial['settings']}"
        if share is None:
            wrong.append(f"{title} has no time by events")
        else:
            words = f"{title}: events are {share:.4f} of the host's time"
            (right if low <= share <= high else wrong).append(words)
    return _answer(wrong, right)


def judge_ceilings(findings: Findings) -> Answer:
    wrong: list[str] = []
    right: list[str] = []
    for ceiling in findings.select("ceiling"):
        title = f"{ceiling['framework']} in {ceiling['precision']}"
        if ceiling["reason"] is not None:
            wrong.append(f"{title}: {ceiling['reason']}")
        else:
            right.append(
                f"{title}: {ceiling['operations_per_second'] / 1e12:.0f} TFLOP/s, "
                f"{ceiling['bytes_per_second'] / 1e12:.2f} TB/s"
            )
    return _answer(wrong, right)


def judge_at_once(findings: Findings) -> Answer:
    memory, counts = findings.select("memory"), findings.select("at once")
    if not memory or not counts:
        return NOT_REACHED
    detail = (
        f"{counts[0]['count']} at a time took {memory[0]['peak_bytes'] / 2**30:.1f} of "
        f"{memory[0]['total_bytes'] / 2**30:.1f} GiB"
    )
    failed = findings.select("cell", verdict="unchecked")
    return _answer([f"{detail}; {len(failed)} cells failed"] if failed else [], [detail])


def judge_several(findings: Findings) -> Answer:
    devices = findings.select("devices")
    if not devices or devices[0]["count"] in (None, 1):
        return Answer("not reached", f"What was seen: {devices[0] if devices else 'nothing'}.")
    return Answer("seen right", f"{devices[0]['count']} GPUs, MIG {devices[0]['mig']}")


def judge_published(findings: Findings) -> Answer:
    trials = findings.select("trial", model="resnet50", framework="pytorch", status="ok")
    rates = [trial["samples_per_second"] for trial in trials if trial["samples_per_second"]]
    if not rates:
        return NOT_REACHED
    ratio = max(rates) / PUBLISHED_IMAGES_PER_SECOND
    detail = f"{max(rates):,.0f} images/s, {ratio:.2f} of what is published"
    if share := _compute_share(trials, findings):
        detail += f"; {share:.0%} of the measured product in bfloat16"
    return _answer([] if ratio >= LEAST_RATIO_TO_PUBLISHED else [detail], [detail])


def _compute_share(trials: Sequence[Finding], findings: Findings) -> float | None:
    """Compute the operations of the fastest trial as a share of the ceiling in bfloat16."""
    ceilings = [
        ceiling["operations_per_second"]
        for ceiling in findings.select("ceiling", precision="bf16", reason=None)
    ]
    rates = [
        trial["operations"] * trial["samples_per_second"] / trial["batch_size"]
        for trial in trials
        if trial["operations"] and trial["samples_per_second"]
    ]
    return max(rates) / max(ceilings) if rates and ceilings else None


def judge_harness(findings: Findings) -> Answer:
    wrong: list[str] = []
    right: list[str] = []
    for case in findings.select("harness"):
        title = f"{case['model']} in {case['framework']}, {case['mode']}"
        if case["ratio"] is None:
            wrong.append(f"{title}: {case['reason']}")
        else:
            words = f"{title}: {case['ratio']:.3f} of the bare loop's speed"
            (right if case["ratio"] >= LEAST_HARNESS_RATIO else wrong).append(words)
    return _answer(wrong, right)


def judge_accuracy(findings: Findings) -> Answer:
    wrong: list[str] = []
    right: list[str] = []
    for trial in findings.select("trial", step="accuracy"):
        if not trial["accuracies"]:
            continue
        best = max(trial["accuracies"])
        words = (
            f"{trial['framework']}: {best:.4f} after {trial['training_seconds']:.1f} s of training"
        )
        (right if best >= LEAST_ACCURACY else wrong).append(words)
    return _answer(wrong, right)
