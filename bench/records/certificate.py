"""The outcome of verifying one cell: a model in one framework and mode. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args

Verdict = Literal["verified", "different", "unchecked"]


@dataclass(frozen=True)
class Worst:
    """The largest error of one group of quantities in one precision.

    Attributes:
        precision: `float64` or `ieee` (float32).
        group: such as `gradients` or `weights after 10 steps`.
        quantity: the one with the largest error, such as `gradient of conv1.weight`.
        error: norm of the difference from the reference, relative to the reference's norm.
        limit: what the error may be at most.
    """

    precision: str
    group: str
    quantity: str
    error: float
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
    error: float
    limit: float
    count: int


@dataclass(frozen=True)
class Certificate:
    """What was found when a cell was verified, or why it was not.

    Attributes:
        verdict: `verified`, `different` from the reference, or `unchecked`.
        reason: a sentence where it is not verified.
        digest: SHA-256 of all that the outcome depends on: spec, implementation, versions, device.
        checked: when, ISO 8601.
        quantities: how many were compared.
        worst: the largest errors, by precision and group; known defects are not among them.
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

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Certificate":
        """The certificate in what JSON made of one.

        Raises:
            KeyError, TypeError, ValueError: it is not a certificate's.
        """
        if document["verdict"] not in get_args(Verdict):
            raise ValueError(f"verdict {document['verdict']!r} is none of {get_args(Verdict)}")
        worst = tuple(_checked(Worst(**one)) for one in document.get("worst", ()))
        defects = tuple(_checked(Defect(**one)) for one in document.get("defects", ()))
        return _checked(cls(**{**document, "worst": worst, "defects": defects}))


TEXTS = ("precision", "group", "quantity", "name", "digest", "checked")
NUMBERS = ("error", "limit", "count", "quantities")
Checked = TypeVar("Checked", Worst, Defect, Certificate)


def _checked(one: Checked) -> Checked:
    """`one`; raises TypeError where a value is not what readers rely on."""
    for name, value in vars(one).items():
        wanted: Any = object
        if name in TEXTS:
            wanted = str
        elif name in NUMBERS:
            # An error that is no finite number is written as null.
            wanted = (int, float, type(None)) if name == "error" else (int, float)
        elif name == "reason":
            wanted = (str, type(None))
        if not isinstance(value, wanted):
            raise TypeError(f"{name!r} of the certificate is {value!r}")
    return one
