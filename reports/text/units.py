"""Numbers as text: the only place where base units are scaled. NaN becomes a dash."""

import math
from collections.abc import Callable
from functools import wraps

DASH = "\N{EN DASH}"
ABSENT = DASH
MIB = 2**20
GIB = 2**30

Format = Callable[[float], str]


def _or_absent(text: Format) -> Format:
    @wraps(text)
    def format_or_dash(value: float) -> str:
        return ABSENT if math.isnan(value) else text(value)

    return format_or_dash


def _make_format(spec: str, scale: float = 1.0, unit: str = "", zero: str | None = None) -> Format:
    @_or_absent
    def format_scaled(value: float) -> str:
        return f"{value * scale:{spec}}{unit}" if value or zero is None else zero

    return format_scaled


# A share between 0 and 1 in percent, without the sign: 98.12.
format_percent = _make_format(".2f", scale=100)
# Bytes, without the unit and with it.
format_mebibytes = _make_format(",.0f", scale=1 / MIB)
format_gibibytes = _make_format(",.1f", scale=1 / GIB, unit=" GiB")
# A count: 12,345.
format_integer = _make_format(",.0f")
# A loss with as many digits as float32 carries.
format_loss = _make_format(".7f")
# A relative difference: 6.1e-08.
format_difference = _make_format(".1e", zero="0")
# A relative error, of which only the magnitude matters: 2e-15.
format_error = _make_format(".0e", zero="0")


@_or_absent
def format_number(value: float) -> str:
    """Three significant digits, at most three decimals, integers in full: 12,345; 12.3; 0.012."""
    magnitude = math.floor(math.log10(abs(value))) if value else 0
    return f"{value:,.{min(3, max(0, 2 - magnitude))}f}"


def format_share(value: float) -> str:
    """A share in percent with three significant digits, without the sign: 1.25; 0.034."""
    return format_number(100 * value)


@_or_absent
def format_multiple(value: float) -> str:
    """A ratio: 0.41x. Near 1 it has three decimals: there it matters on which side it is."""
    near = value != 1 and 0.9 <= value <= 1.1
    return f"{value:.3f}x" if near else f"{value:.2f}x"


def format_joules(value: float) -> str:
    """Three significant digits, however small: 0.00512; 1,234."""
    return f"{value:#.3g}" if 0 < value < 100 else format_number(value)


def format_span(low: float, high: float, text: Format) -> str:
    """Two values with a dash between them; one if both are written the same."""
    if text(low) == text(high):
        return text(low)
    return f"{text(low)}{DASH}{text(high)}"
