"""The outcome of verifying one cell: a model in one framework and mode."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["verified", "different", "unchecked"]


@dataclass(frozen=True)
class Worst:
    """The largest error of one group of quantities in one precision.

    Attributes:
        precision: `float64` or `ieee` (float32).
        group: such as `gradients` or `weights after 10 steps`.
        quantity: the one with the largest error, such as `gradient of conv1.weight`.
        error: norm of the difference from the reference, relative to the reference's norm; None
            where that is no finite number.
        limit: what the error may be at most.
    """

    precision: str
    group: str
    quantity: str
    error: float | None
    limit: float


@dataclass(frozen=True)
class Defect:
    """A known defect of a framework, by name: its error is over the limit, and shown.

    Attributes:
        name: what is wrong in the framework, in a few words.
        quantity: the one with the largest error among those that the defect explains.
        count: how many quantities it explains.
    """

    name: str
    precision: str
    quantity: str
    error: float | None
    limit: float
    count: int


@dataclass(frozen=True)
class Certificate:
    """The outcome of a verification, or why there was none.

    Attributes:
        verdict: `verified`, `different` from the reference, or `unchecked`.
        reason: sentence where it is not verified.
        digest: SHA-256 of all that the outcome depends on: spec, implementation, versions, device.
        checked: time of the verification, ISO 8601.
        quantities: number of quantities that were compared.
        worst: largest errors, by precision and group; known defects are not among them.
    """

    verdict: Verdict
    reason: str | None
    digest: str
    checked: str
    quantities: int = 0
    worst: tuple[Worst, ...] = ()
    defects: tuple[Defect, ...] = ()

    @property
    def verified(self) -> bool:
        """Whether the cell took the reference's training steps, but for known defects."""
        return self.verdict == "verified"

    def __hash__(self) -> int:
        """Hash quickly: reports count certificates of many trials."""
        return hash(self.digest)
