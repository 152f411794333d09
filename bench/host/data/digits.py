"""scikit-learn's digits: 1,797 real handwritten digits of 8x8 pixels, inside the package.

They are the test part of the UCI "Optical Recognition of Handwritten Digits"
data set (Alpaydin and Kaynak 1998).
"""

import numpy as np

from bench.dependencies import explain_if_missing
from bench.errors import DataError
from bench.host.data.dataset import Dataset, Split, divide
from bench.spec import Samples

SCALE = 4  # 8x8 -> 32x32
TEST_EVERY = 5
ELSEWHERE = "choose a plan with another data set, such as --plan mnist"


def read_digits() -> tuple[Split, Split]:
    """Read the images, scaled to 32x32 by repeating pixels, exact on every machine.

    The split is stratified and fixed: of each class, in the package's order,
    every fifth sample is a test sample. Neighbors in that order come from the
    same writers, so writers are in both parts.
    """
    # Takes a second to import, and only this function needs it.
    with explain_if_missing("sklearn", "The data set 'digits'", ELSEWHERE, DataError):
        from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    images = pixels.reshape(-1, 1, 8, 8).astype(np.uint8)
    images = images.repeat(SCALE, axis=2).repeat(SCALE, axis=3)
    return divide(Split(images, labels), TEST_EVERY)


DIGITS = Dataset(
    name="digits",
    summary="1,797 handwritten digits, 8x8 scaled to 32x32; comes with scikit-learn",
    version=1,
    samples=Samples((1, 32, 32), classes=10),
    read=read_digits,
)
