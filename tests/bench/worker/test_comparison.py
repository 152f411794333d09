from pathlib import Path

import numpy as np
import pytest

from bench.worker.verification import MISSING, compare, compute_relative_error, write_quantities


def test_the_error_is_relative_to_the_norm_of_what_is_expected() -> None:
    # |(0, 0, 1)| / |(0, 3, 4)| = 1 / 5.
    assert compute_relative_error(np.array([0, 3, 5.0]), np.array([0, 3, 4.0])) == pytest.approx(
        0.2
    )


def test_equal_arrays_have_no_error_zeros_too() -> None:
    assert compute_relative_error(np.ones(3), np.ones(3)) == 0
    assert compute_relative_error(np.zeros(3), np.zeros(3)) == 0


def test_anything_is_an_error_where_zeros_are_expected() -> None:
    assert compute_relative_error(np.array([0, 1e-30]), np.zeros(2)) == 1


def test_float32_is_compared_in_float64() -> None:
    expected = np.array([1.0, 1 / 3])
    error = compute_relative_error(expected.astype(np.float32), expected)
    assert 0 < error < 1e-7


def test_another_shape_is_an_error_whatever_the_values() -> None:
    assert compute_relative_error(np.ones((2, 1)), np.ones((1, 2))) == MISSING


def test_what_was_recorded_is_compared_in_its_order(tmp_path: Path) -> None:
    stage = "logits in evaluation mode"
    write_quantities(tmp_path, stage, {"b": np.ones(2), "": np.ones(2), "a": np.full(2, 2.0)})
    found = compare(tmp_path, stage, {"": np.ones(2), "a": np.ones(2), "b": np.ones(2)})
    assert found == [("b", 0.0), ("", 0.0), ("a", 0.5)]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_no_number_has_no_error_that_is_one(tmp_path: Path, value: float) -> None:
    write_quantities(tmp_path, "loss", {"": np.ones(2)})
    assert compare(tmp_path, "loss", {"": np.array([1.0, value])}) == [("", None)]


def test_what_one_side_lacks_is_an_error(tmp_path: Path) -> None:
    write_quantities(tmp_path, "gradient", {"a": np.ones(1), "b": np.ones(1)})
    found = compare(tmp_path, "gradient", {"a": np.ones(1), "c": np.ones(1)})
    assert found == [("a", 0.0), ("b", None), ("c", None)]
