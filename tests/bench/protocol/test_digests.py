import hashlib

import numpy as np
import pytest

from bench.protocol.digests import combine, hash_array, hash_arrays


def test_a_digest_is_sha256_of_type_shape_and_bytes() -> None:
    array = np.array([[1, 2], [3, 4]], dtype="<i4")
    expected = hashlib.sha256(b'["<i4", [2, 2]]' + array.tobytes()).hexdigest()
    assert hash_array(array) == expected


@pytest.mark.parametrize(
    "other",
    [
        np.array([[1, 2], [3, 5]], dtype="<i4"),
        np.array([1, 2, 3, 4], dtype="<i4"),
        np.array([[1, 2], [3, 4]], dtype="<i8"),
        np.array([[1, 2], [3, 4]], dtype="<f4"),
    ],
    ids=["value", "shape", "width", "type"],
)
def test_any_difference_changes_the_digest(other: np.ndarray) -> None:
    assert hash_array(np.array([[1, 2], [3, 4]], dtype="<i4")) != hash_array(other)


def test_an_empty_array_has_a_digest() -> None:
    assert hash_array(np.zeros((0, 3))) != hash_array(np.zeros((3, 0)))


def test_a_transposed_view_is_refused() -> None:
    with pytest.raises(ValueError, match="C-contiguous"):
        hash_array(np.zeros((2, 3)).T)


def test_names_count_and_their_order_does_not() -> None:
    one, two = np.zeros(3), np.ones(3)
    assert hash_arrays({"a": one, "b": two}) == hash_arrays({"b": two, "a": one})
    assert hash_arrays({"a": one, "b": two}) != hash_arrays({"a": two, "b": one})
    assert combine({"a": "1"}) != combine({"b": "1"})
