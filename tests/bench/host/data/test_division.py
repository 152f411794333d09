import numpy as np
import pytest

from bench.errors import DataError
from bench.host.data.dataset import Split, complete_parts, divide

LABELS = np.array([0, 1, 0, 0, 1, 2, 0, 0])


def test_every_nth_of_each_class_is_taken_in_order() -> None:
    for n, places in ((2, [2, 4, 6]), (5, [7])):
        _, test = divide(Split(np.arange(8), LABELS), n)
        assert test.inputs.tolist() == places


def test_both_parts_together_are_the_whole() -> None:
    train, test = divide(Split(np.arange(8), LABELS), 2)
    assert train.inputs.tolist() == [0, 1, 3, 5, 7]
    assert train.labels.tolist() == [0, 1, 0, 2, 0]
    assert test.inputs.tolist() == [2, 4, 6]
    assert test.labels.tolist() == [0, 1, 0]


def test_a_test_part_without_samples_is_refused() -> None:
    with pytest.raises(DataError, match="here has no class of 6 samples") as caught:
        complete_parts(Split(np.arange(8), LABELS), None, 6, "here")
    assert "\n" not in str(caught.value)
