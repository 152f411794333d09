import numpy as np
from sklearn.datasets import load_digits

from bench.host.data.digits import read_digits


def test_digits_are_split_by_class_in_a_fixed_way() -> None:
    train, test = read_digits()
    assert len(train.labels) + len(test.labels) == 1797
    counts = np.bincount(load_digits().target)
    assert (np.bincount(test.labels) == counts // 5).all()
    assert train.inputs.shape[1:] == (1, 32, 32)
    assert read_digits()[1].labels.tolist() == test.labels.tolist()


def test_pixels_are_repeated_not_interpolated() -> None:
    train, _ = read_digits()
    original = load_digits().images[0]  # the first sample is a training sample
    assert (train.inputs[0, 0, ::4, ::4] == original).all()
    assert (train.inputs[0, 0, 3::4, 3::4] == original).all()


def test_no_image_is_in_both_parts() -> None:
    train, test = read_digits()
    seen = {image.tobytes() for image in train.inputs}
    assert not [image for image in test.inputs if image.tobytes() in seen]
