"""Numbers as text: the only place where base units are scaled. NaN becomes a dash."""

import math
from collections.abc import Callable

DASH = "\N{EN DASH}"
ABSENT = DASH
MIB = 2**20
GIB = 2**30

Format = Callable[[float], str]


def _or_absent(text: Format) -> Format:
    def shown(value: float) -> str:
        return ABSENT if math.isnan(value) else text(value)

    shown.__doc__ = text.__doc__
    return shown


def _digits(value: float) -> str:
    magnitude = math.floor(math.log10(abs(value))) if value else 0
    return f"{value:,.{min(3, max(0, 2 - magnitude))}f}"


@_or_absent
def format_number(value: float) -> str:
    """Three significant digits, at most three decimals, integers in full: 12,345; 12.3; 0.012."""
    return _digits(value)


@_or_absent
def format_percent(value: float) -> str:
    """A share between 0 and 1 in percent, without the sign: 98.12."""
    return f"{100 * value:.2f}"


@_or_absent
def format_share(value: float) -> str:
    """A share in percent with three significant digits, without the sign: 1.25; 0.034."""
    return _digits(100 * value)


@_or_absent
def format_multiple(value: float) -> str:
    """A ratio: 0.41x. Near 1 it has three decimals: there it matters on which side it is."""
    near = value != 1 and 0.9 <= value <= 1.1
    return f"{value:.3f}x" if near else f"{value:.2f}x"


@_or_absent
def format_joules(value: float) -> str:
    """Three significant digits, however small: 0.00512; 1,234."""
    return f"{value:#.3g}" if 0 < value < 100 else _digits(value)


@_or_absent
def format_mebibytes(value: float) -> str:
    """Bytes in MiB, without the unit."""
    return f"{value / MIB:,.0f}"


@_or_absent
def format_gibibytes(value: float) -> str:
    """Bytes in GiB, with the unit."""
    return f"{value / GIB:,.1f} GiB"


@_or_absent
def format_integer(value: float) -> str:
    """A count: 12,345."""
    return f"{value:,.0f}"


@_or_absent
def format_loss(value: float) -> str:
    """A loss with as many digits as float32 carries."""
    return f"{value:.7f}"


@_or_absent
def format_difference(value: float) -> str:
    """A relative difference: 6.1e-08."""
    return f"{value:.1e}" if value else "0"


@_or_absent
def format_error(value: float) -> str:
    """A relative error, of which only the magnitude matters: 2e-15."""
    return f"{value:.0e}" if value else "0"


def format_span(low: float, high: float, text: Format) -> str:
    """Two values with a dash between them; one if both are written the same."""
    if text(low) == text(high):
        return text(low)
    return f"{text(low)}{DASH}{text(high)}"
