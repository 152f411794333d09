from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bench.errors import ResultsError
from bench.host.data import preparation as module
from bench.host.data.dataset import Dataset, Split
from bench.host.data.preparation import (
    DESCRIPTION,
    measure_channels,
    normalize,
    prepare_dataset,
)
from bench.protocol.digests import hash_array, hash_arrays
from bench.spec import Samples

GENERATOR = np.random.default_rng(0)
IMAGES = GENERATOR.integers(0, 256, (10, 3, 4, 5), dtype=np.uint8)
LABELS = GENERATOR.integers(0, 2, 10)


class Source:
    """A data set that counts how often it is read."""

    def __init__(self) -> None:
        self.reads = 0
        self.dataset = Dataset("tiny", "for tests", 1, Samples((3, 4, 5), 2), self.read)

    def read(self) -> tuple[Split, Split]:
        self.reads += 1
        return Split(IMAGES[:8], LABELS[:8]), Split(IMAGES[8:], LABELS[8:])


def test_statistics_are_those_of_numpy_in_float64() -> None:
    mean, deviation = measure_channels(IMAGES)
    assert mean == pytest.approx(IMAGES.mean(axis=(0, 2, 3)), rel=1e-14)
    assert deviation == pytest.approx(IMAGES.std(axis=(0, 2, 3)), rel=1e-12)


def test_normalized_training_pixels_have_mean_0_and_deviation_1() -> None:
    result = normalize(IMAGES, *measure_channels(IMAGES))
    assert result.dtype == np.float32
    assert result.mean(axis=(0, 2, 3), dtype=float) == pytest.approx([0, 0, 0], abs=1e-6)
    assert result.std(axis=(0, 2, 3), dtype=float) == pytest.approx([1, 1, 1], abs=1e-6)


def test_both_layouts_hold_the_same_images(cache: Path) -> None:
    prepared = prepare_dataset(Source().dataset)
    arrays = {
        layout: {name: np.load(path) for name, path in prepared.list_arrays(layout).items()}
        for layout in ("NCHW", "NHWC")
    }
    nchw, nhwc = arrays["NCHW"]["train_inputs"], arrays["NHWC"]["train_inputs"]
    assert nchw.shape == (8, 3, 4, 5)
    assert (nhwc == nchw.transpose(0, 2, 3, 1)).all()
    assert (arrays["NHWC"]["test_labels"] == LABELS[8:]).all()
    assert (prepared.train_count, prepared.test_count) == (8, 2)
    assert prepared.samples == Samples((3, 4, 5), 2)
    # The test images are normalized by the training images' statistics.
    expected = normalize(IMAGES[8:], *measure_channels(IMAGES[:8]))
    assert (arrays["NCHW"]["test_inputs"] == expected).all()


def test_tokens_are_kept_as_they_are_in_one_file_for_both_layouts(cache: Path) -> None:
    tokens = GENERATOR.integers(0, 9, (10, 4))
    parts = (Split(tokens[:8], LABELS[:8]), Split(tokens[8:], LABELS[8:]))
    samples = Samples((4,), 2, vocabulary=9)
    prepared = prepare_dataset(Dataset("words", "for tests", 1, samples, lambda: parts))
    assert prepared.list_arrays("NCHW") == prepared.list_arrays("NHWC")
    assert prepared.samples == samples
    arrays = {name: np.load(path) for name, path in prepared.list_arrays("NHWC").items()}
    assert arrays["train_inputs"].dtype == np.int32
    assert (arrays["train_inputs"] == tokens[:8]).all()
    assert (arrays["test_inputs"] == tokens[8:]).all()
    assert prepared.digest == hash_arrays(arrays)
    assert len(list(prepared.folder.glob("*.npy"))) == 4


def test_images_of_any_size_are_worked_on_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = normalize(IMAGES, *measure_channels(IMAGES))
    for values in (1, 3 * IMAGES[0].size):
        monkeypatch.setattr(module, "CHUNK_VALUES", values)
        assert (normalize(IMAGES, *measure_channels(IMAGES)) == whole).all()


def test_digests_are_those_of_the_files(cache: Path) -> None:
    prepared = prepare_dataset(Source().dataset)
    for stem, digest in prepared.digests.items():
        assert hash_array(np.load(prepared.folder / f"{stem}.npy")) == digest
    arrays = {name: np.load(path) for name, path in prepared.list_arrays("NCHW").items()}
    assert prepared.digest == hash_arrays(arrays)


def test_it_is_prepared_once(cache: Path) -> None:
    source = Source()
    first = prepare_dataset(source.dataset)
    assert prepare_dataset(source.dataset) == first
    assert source.reads == 1


def flip_a_byte(folder: Path) -> None:
    path = folder / "train_inputs_NHWC.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [
        flip_a_byte,
        lambda folder: (folder / "test_labels.npy").unlink(),
        lambda folder: (folder / "test_labels.npy").write_bytes(b""),
        lambda folder: (folder / DESCRIPTION).write_text("[]"),
    ],
    ids=["bit rot", "missing", "empty", "description"],
)
def test_a_damaged_copy_is_made_again(cache: Path, damage: Callable[[Path], None]) -> None:
    source = Source()
    first = prepare_dataset(source.dataset)
    damage(first.folder)
    assert prepare_dataset(source.dataset) == first
    assert source.reads == 2


def test_what_a_killed_run_left_is_cleared_away(cache: Path) -> None:
    left = cache / "data" / "tiny-1.2.part"
    left.mkdir(parents=True)
    (left / "half").touch()
    prepared = prepare_dataset(Source().dataset)
    assert not left.exists()
    assert not (prepared.folder / "half").exists()


def test_a_full_disk_is_one_line_and_leaves_nothing_half_made(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def save(path: Path, array: np.ndarray) -> None:
        Path(path).write_bytes(b"half")
        raise OSError("1476608 requested and 262112 written")  # as NumPy says it

    monkeypatch.setattr(np, "save", save)
    with pytest.raises(ResultsError, match=r"cannot be written .*SAMESTEP_CACHE"):
        prepare_dataset(Source().dataset)
    assert [path.name for path in (cache / "data").iterdir()] == ["tiny-1.2.lock"]
