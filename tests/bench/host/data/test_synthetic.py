import numpy as np
import pytest

from bench.errors import DataError
from bench.host.data import DATASETS
from bench.host.data.synthetic import choose_train_count, parse_synthetic_dataset, read_synthetic
from bench.host.planning.catalog import OWN
from bench.spec import Samples

PIXELS = [255, 228, 34, 121, 243, 189, 6, 131]
LABELS = [2, 8, 2, 9, 5]
TOKENS = [27, 86, 85, 78]


@pytest.mark.parametrize(
    ("name", "samples"),
    [
        ("synthetic-3x224x224-1000", Samples((3, 224, 224), 1000)),
        ("synthetic-1x28x28-10", Samples((1, 28, 28), 10)),
        ("synthetic-32of1502-77", Samples((32,), 77, 1502)),
        ("synthetic-3x32x32-10-512", Samples((3, 32, 32), 10)),
        ("synthetic-32of1502-77-64", Samples((32,), 77, 1502)),
    ],
)
def test_a_name_tells_the_samples(name: str, samples: Samples) -> None:
    dataset = OWN.get_dataset(name)
    assert dataset.samples == samples
    assert dataset.name == name
    assert dataset.synthetic
    assert "means nothing" in dataset.summary


@pytest.mark.parametrize(
    "name",
    [
        "synthetic",
        "synthetic-3x224-1000",
        "synthetic-3x32x32-10-",
        "synthetic-3x32x32-10-8",
        "synthetic-3x224x224-10-2000",
        "synthetic-3x32x32-10-512-1",
        "synthetic-3x224x224",
        "synthetic-3x224x224-1",
        "synthetic-3x224x224-1000001",
        "synthetic-03x224x224-1000",
        "synthetic-0x224x224-1000",
        "synthetic-4x1024x1024-10",
        "synthetic-99999999x1x1-10",
        "synthetic-32of1-77",
        "synthetic-32-1502-77",
        "synthetic-3x٢x2-10",
        "synthetic-32of1502-77\n",
        "cifar",
        "",
    ],
)
def test_other_names_are_refused_with_the_grammar(name: str) -> None:
    assert parse_synthetic_dataset(name) is None
    with pytest.raises(DataError, match=r"expected digits, mnist, .*synthetic-<C>x<H>x<W>-") as one:
        OWN.get_dataset(name)
    assert repr(name) in str(one.value)
    assert "\n" not in str(one.value)


def test_data_sets_with_files_are_found_and_are_not_synthetic() -> None:
    for name, dataset in DATASETS.items():
        assert OWN.get_dataset(name) is dataset
        assert not dataset.synthetic


@pytest.mark.parametrize(
    ("shape", "count"), [((3, 224, 224), 256), ((3, 64, 64), 1365), ((1, 28, 28), 8192)]
)
def test_there_are_as_many_as_fit(shape: tuple[int, ...], count: int) -> None:
    assert choose_train_count(Samples(shape, 10)) == count


def test_pixels_and_labels_are_uniform() -> None:
    train, test = read_synthetic(Samples((3, 16, 16), 10))
    assert train.inputs.shape == (8192, 3, 16, 16)
    assert len(test.labels) == 2048
    assert train.inputs.dtype == np.uint8
    frequencies = np.bincount(train.inputs.ravel(), minlength=256) / train.inputs.size
    assert frequencies == pytest.approx(np.full(256, 1 / 256), rel=0.05)
    assert np.bincount(train.labels) == pytest.approx(np.full(10, 819.2), rel=0.15)
    assert not (train.inputs[: len(test.inputs)] == test.inputs).all(axis=(1, 2, 3)).any()


def test_tokens_are_of_the_vocabulary() -> None:
    train, _ = read_synthetic(Samples((5,), 3, vocabulary=7))
    assert train.inputs.dtype == np.int32
    assert set(train.inputs.ravel()) == set(range(7))
    assert set(train.labels) == {0, 1, 2}


def test_they_are_the_same_on_every_machine() -> None:
    # Drawn once and written down: another version of NumPy has to give them too.
    train, test = read_synthetic(Samples((1, 2, 4), 10))
    assert train.inputs[0].ravel().tolist() == PIXELS
    assert test.labels[:5].tolist() == LABELS
    tokens, _ = read_synthetic(Samples((4,), 10, vocabulary=100))
    assert tokens.inputs[0].tolist() == TOKENS


def test_a_name_may_say_how_many_samples_there_are() -> None:
    dataset = parse_synthetic_dataset("synthetic-3x8x8-10-100")
    assert dataset is not None
    train, test = dataset.read()
    assert (len(train.labels), len(test.labels)) == (100, 25)
    whole, _ = read_synthetic(Samples((3, 8, 8), 10), 100)
    assert (train.inputs == whole.inputs).all()
