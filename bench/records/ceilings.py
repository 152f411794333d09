"""What a machine attains at most, as records keep it. Standard library only.

`docs/ceilings.md` says why it is measured so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Measurement:
    """Repetitions of one operation.

    Attributes:
        amount: floating-point operations or bytes of one repetition.
        seconds: of each.
    """

    amount: int
    seconds: tuple[float, ...]

    @property
    def per_second(self) -> float:
        """By the median repetition."""
        return self.amount / median(self.seconds)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Measurement":
        """The measurement in what JSON made of one, or in a worker's event.

        Raises:
            KeyError, TypeError, ValueError: it is not a measurement's, or no time passed.
        """
        seconds = tuple(float(value) for value in document["seconds"])
        if not seconds or not all(value > 0 for value in seconds):
            raise ValueError(f"seconds {seconds!r} are not all above 0")
        return cls(int(document["amount"]), seconds)


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
        """The ceiling in what JSON made of one: its figures are those of its measurements.

        Raises:
            AttributeError, KeyError, TypeError, ValueError: it is not a ceiling's.
        """
        products, copies = (
            {name: Measurement.from_document(measured) for name, measured in document[kind].items()}
            for kind in ("products", "copies")
        )
        return cls.of(products, copies, dict(document["reasons"]))


def _best(measured: Mapping[str, Measurement]) -> str | None:
    return max(measured, key=lambda name: measured[name].per_second, default=None)


# In the place of what a record has as its ceilings where that is something else.
UNREADABLE = Ceiling.of({}, {}, {})
