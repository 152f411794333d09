"""The points that nobody had seen on a GPU, each with the function that judges it.

docs/guides/gpu.md lists them in the same words. A verdict is `seen right`, `seen wrong` or
`not reached`; of a rehearsal, where there is no GPU, nothing is seen.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from tests.gpu.findings import Findings
from tests.gpu.judgments import (
    Answer,
    judge_accuracy,
    judge_at_once,
    judge_bfloat16,
    judge_ceilings,
    judge_driver,
    judge_events,
    judge_float32,
    judge_harness,
    judge_jax,
    judge_mxnet,
    judge_processes,
    judge_published,
    judge_pytorch,
    judge_several,
    judge_switches,
    judge_tensorflow,
    judge_verification,
)


@dataclass(frozen=True)
class Point:
    """Something that nobody had seen, and the function that judges it."""

    name: str
    sentence: str
    judge: Callable[[Findings], Answer]


def judge_points(findings: Findings, pretend: bool) -> list[dict[str, Any]]:
    """Judge every point; return documents with name, sentence, verdict and detail."""
    documents = []
    for point in POINTS:
        answer = point.judge(findings)
        if pretend and answer.verdict != "not reached":
            detail = f"A rehearsal on a processor would say {answer.verdict!r}: {answer.detail}"
            answer = Answer("not reached", detail)
        documents.append({"name": point.name, "sentence": point.sentence, **asdict(answer)})
    return documents


POINTS = (
    Point(
        "verification",
        "The models take the reference's steps on a GPU, in each framework and mode.",
        judge_verification,
    ),
    Point(
        "float32",
        "float32 is within its limits where cuDNN and XLA choose among algorithms.",
        judge_float32,
    ),
    Point(
        "tf32 switches",
        "`NVIDIA_TF32_OVERRIDE=0` and each framework's own switch do what their manuals say.",
        judge_switches,
    ),
    Point("bfloat16", "bf16 trains on a GPU, in the LSTMs too.", judge_bfloat16),
    Point(
        "pytorch",
        "PyTorch's cuDNN LSTM takes a bias without a gradient, and torch.compile has its compiler.",
        judge_pytorch,
    ),
    Point(
        "jax",
        "JAX finds the GPU by our name for it; its allocator's counters fit the driver's memory.",
        judge_jax,
    ),
    Point(
        "tensorflow",
        "TensorFlow places variables on the GPU; its LSTM is right in float64 and with XLA.",
        judge_tensorflow,
    ),
    Point("mxnet", "MXNet is right on any GPU that its wheel has code for.", judge_mxnet),
    Point(
        "driver",
        "The driver answers: compute capability, memory, processes, energy, slowdowns.",
        judge_driver,
    ),
    Point(
        "processes",
        "The driver lists a worker with its memory, from within a container too.",
        judge_processes,
    ),
    Point(
        "events",
        "Events in the device's queue and the host's clock tell the same time.",
        judge_events,
    ),
    Point(
        "ceilings",
        "The ceilings of a GPU are measured with matrices of 8192x8192, in each precision.",
        judge_ceilings,
    ),
    Point(
        "at once",
        "Six verifications fit onto one card at a time.",
        judge_at_once,
    ),
    Point("several", "Several GPUs, several kinds of them, and MIG.", judge_several),
    Point(
        "published",
        "ResNet-50 in bf16 reaches 1.2 times what is published for one H200 with mixed precision.",
        judge_published,
    ),
    Point("harness", "The harness has 0.99 of the speed of a bare loop.", judge_harness),
    Point(
        "accuracy",
        "ResNet-18 reaches an accuracy of 0.90 on cifar10-jpeg, in each framework.",
        judge_accuracy,
    ),
)
