"""How numbers are written."""

import math

import pytest

from reports.text import units


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12_345.6, "12,346"),
        (123.4, "123"),
        (12.34, "12.3"),
        (1.234, "1.23"),
        (0.0123, "0.012"),
        (0.0, "0.00"),
    ],
)
def test_a_number_has_three_significant_digits(value: float, text: str) -> None:
    assert units.format_number(value) == text


def test_units_are_scaled_by_powers_of_two() -> None:
    assert units.format_mebibytes(300 * 1024 * 1024) == "300"
    assert units.format_gibibytes(16 * 1024**3) == "16.0 GiB"


def test_a_ratio_and_a_share() -> None:
    assert units.format_multiple(0.4139) == "0.41x"
    assert units.format_percent(0.98765) == "98.77"
    assert [units.format_share(value) for value in (0.0125, 0.00034, 0.353)] == [
        "1.25",
        "0.034",
        "35.3",
    ]


def test_a_ratio_near_1_shows_on_which_side_it_is() -> None:
    assert [units.format_multiple(value) for value in (0.997, 1.0, 1.004, 1.2)] == [
        "0.997x",
        "1.00x",
        "1.004x",
        "1.20x",
    ]


def test_joules_of_a_sample_are_small() -> None:
    assert [units.format_joules(value) for value in (0.000512, 0.0059, 12.34, 1234.0)] == [
        "0.000512",
        "0.00590",
        "12.3",
        "1,234",
    ]


def test_a_difference_shows_its_magnitude() -> None:
    assert units.format_difference(6.14e-08) == "6.1e-08"
    assert units.format_difference(0.0) == "0"


def test_an_error_is_a_magnitude() -> None:
    assert units.format_error(2.14e-15) == "2e-15"
    assert units.format_error(0.0) == "0"
    assert units.format_error(math.nan) == units.ABSENT


def test_nan_is_a_dash() -> None:
    assert {
        text(math.nan) for text in (units.format_number, units.format_percent, units.format_loss)
    } == {units.ABSENT}


def test_a_span_of_one_value_is_that_value() -> None:
    assert units.format_span(1.0, 2.0, units.format_number) == f"1.00{units.DASH}2.00"
    assert units.format_span(1.0, 1.001, units.format_number) == "1.00"
