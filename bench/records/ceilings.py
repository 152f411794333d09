"""What a machine attains at most, as records keep it.

`docs/ceilings.md` says why it is measured so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

import msgspec


@dataclass(frozen=True)
class Measurement:
    """Repetitions of one operation.

    Attributes:
        amount: floating-point operations or bytes of one repetition.
        seconds: of each.
    """

    amount: int
    seconds: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.seconds or not all(value > 0 for value in self.seconds):
            raise ValueError(f"seconds {self.seconds!r} are not all above 0")

    @property
    def per_second(self) -> float:
        """By the median repetition."""
        return self.amount / median(self.seconds)


@dataclass(frozen=True)
class Ceiling:
    """What the best framework attains in one precision: the machine's ceiling.

    Attributes:
        operations_per_second: of a matrix product, in floating-point operations; None where no
            framework could be measured.
        bytes_per_second: of a copy, read and written. The same in every precision.
        products: by framework, the raw figures in this precision.
        copies: by framework, those of its best copy, in whichever precision's process that was.
        reasons: by framework, why it is not among the products.
    """

    operations_per_second: float | None
    operations_framework: str | None
    bytes_per_second: float | None
    bytes_framework: str | None
    products: dict[str, Measurement]
    copies: dict[str, Measurement]
    reasons: dict[str, str]

    @classmethod
    def of(
        cls,
        products: dict[str, Measurement],
        copies: dict[str, Measurement],
        reasons: dict[str, str],
    ) -> "Ceiling":
        """The best of what was measured."""
        fastest, widest = _best(products), _best(copies)
        return cls(
            operations_per_second=products[fastest].per_second if fastest else None,
            operations_framework=fastest,
            bytes_per_second=copies[widest].per_second if widest else None,
            bytes_framework=widest,
            products=products,
            copies=copies,
            reasons=reasons,
        )

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Ceiling":
        """Return the ceiling in what JSON made of one: its figures are those of its measurements.

        Raises:
            KeyError, TypeError, ValueError, ValidationError: it is not a ceiling's.
        """
        products, copies = (
            msgspec.convert(document[kind], dict[str, Measurement])
            for kind in ("products", "copies")
        )
        return cls.of(products, copies, dict(document["reasons"]))


def _best(measured: Mapping[str, Measurement]) -> str | None:
    return max(measured, key=lambda name: measured[name].per_second, default=None)


# In the place of what a record has as its ceilings where that is something else.
UNREADABLE = Ceiling.of({}, {}, {})
