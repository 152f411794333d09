"""Prepares data sets: arrays ready for every framework, made once and kept in the cache.

Images are normalized and stand in both layouts; tokens are as they are, and have one.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.errors import DataError
from bench.host.cache import lock_entry, remove
from bench.host.data.dataset import Array, Dataset, Split
from bench.host.frameworks.framework import LAYOUTS
from bench.protocol.digests import combine, hash_array
from bench.records.cache_folder import get_cache_folder
from bench.spec import Samples

DESCRIPTION = "prepared.json"
# Raised whenever the preparation below gives other arrays than before.
PREPARATION = 2
CHUNK_VALUES = 2**22


@dataclass(frozen=True)
class PreparedData:
    """A data set that workers can map into memory.

    Attributes:
        train_count, test_count: number of training and test samples.
        digests: digest of each array file, by the file's stem.
    """

    name: str
    samples: Samples
    folder: Path
    train_count: int
    test_count: int
    digests: dict[str, str]

    @property
    def digest(self) -> str:
        """Digest of the canonical arrays, the same whatever layout a framework reads."""
        stems = _stems("NCHW", self.samples)
        return combine({name: self.digests[stem] for name, stem in stems.items()})

    def list_arrays(self, layout: str) -> dict[str, Path]:
        """List the paths of train_inputs, train_labels, test_inputs and test_labels."""
        stems = _stems(layout, self.samples)
        return {name: self.folder / f"{stem}.npy" for name, stem in stems.items()}


def prepare_dataset(dataset: Dataset) -> PreparedData:
    """Prepare a data set in the cache, unless it is there and undamaged."""
    name = f"{dataset.name}-{dataset.version}.{PREPARATION}"
    folder = get_cache_folder() / "data" / name
    with lock_entry(folder):
        prepared = _load(dataset, folder)
        if prepared is None:
            remove(folder)
            _make(dataset, folder)
            prepared = _load(dataset, folder)
    if prepared is None:
        raise DataError(
            f"The prepared data in {folder} does not read back as it was written; "
            "check the disk, or name another cache folder in SAMESTEP_CACHE."
        )
    return prepared


def normalize(images: Array, mean: Array, deviation: Array) -> Array:
    """Compute (pixel - mean) / deviation by channel, in float64, as float32."""
    result = np.empty(images.shape, dtype=np.float32)
    # In chunks: float64 copies of a whole data set would be eight times its size.
    for part in _chunks(images):
        result[part] = (images[part] - mean[:, None, None]) / deviation[:, None, None]
    return result


def measure_channels(images: Array) -> tuple[Array, Array]:
    """Compute mean and standard deviation of each channel, from exact integer sums."""
    count = images.size // images.shape[1]
    sums = images.sum(axis=(0, 2, 3), dtype=np.int64)
    squares = sum(
        np.square(images[part], dtype=np.int64).sum(axis=(0, 2, 3)) for part in _chunks(images)
    )
    mean = sums / count
    return mean, np.sqrt(squares / count - mean**2)


def _chunks(images: Array) -> Iterator[slice]:
    step = max(1, CHUNK_VALUES // images[0].size)
    return (slice(start, start + step) for start in range(0, len(images), step))


def _stems(layout: str, samples: Samples) -> dict[str, str]:
    suffix = f"_{layout}" if samples.vocabulary is None else ""
    return {
        "train_inputs": f"train_inputs{suffix}",
        "train_labels": "train_labels",
        "test_inputs": f"test_inputs{suffix}",
        "test_labels": "test_labels",
    }


def _make(dataset: Dataset, folder: Path) -> None:
    # Written into a folder beside and moved into its place whole. The caller holds the lock: a
    # folder of this name was left by a run that was killed.
    partial = folder.with_name(f"{folder.name}.part")
    remove(partial)
    train, test = dataset.read()
    partial.mkdir()
    try:
        _write(partial, train, test, dataset.samples)
        partial.rename(folder)
    except BaseException:
        remove(partial)
        raise


def _write(folder: Path, train: Split, test: Split, samples: Samples) -> None:
    is_text = samples.vocabulary is not None
    # The test images too are normalized by the training images' statistics.
    statistics = None if is_text else _measure_usable_channels(train.inputs)
    digests: dict[str, str] = {}
    for name, split in (("train", train), ("test", test)):
        for stem, array in _lay_out(name, split, statistics).items():
            np.save(folder / f"{stem}.npy", array)
            digests[stem] = hash_array(array)
    description = {
        "train_count": len(train.labels),
        "test_count": len(test.labels),
        "digests": digests,
    }
    (folder / DESCRIPTION).write_text(json.dumps(description, indent=1), "utf-8")


def _measure_usable_channels(images: Array) -> tuple[Array, Array]:
    mean, deviation = measure_channels(images)
    (constant,) = np.nonzero(~(deviation > 0))
    if len(constant):
        raise DataError(
            f"Channel {constant[0] + 1} of the training images has the value "
            f"{mean[constant[0]]:g} everywhere; expected pixels that differ, or they cannot be "
            "normalized; replace the images."
        )
    return mean, deviation


def _lay_out(name: str, split: Split, statistics: tuple[Array, Array] | None) -> dict[str, Array]:
    labels = {f"{name}_labels": split.labels.astype(np.int64)}
    if statistics is None:
        # A user's own array may lie in memory by columns.
        return {f"{name}_inputs": np.ascontiguousarray(split.inputs, dtype=np.int32), **labels}
    images = normalize(split.inputs, *statistics)
    layouts = {"NCHW": images, "NHWC": np.ascontiguousarray(images.transpose(0, 2, 3, 1))}
    return {**{f"{name}_inputs_{layout}": layouts[layout] for layout in LAYOUTS}, **labels}


def _load(dataset: Dataset, folder: Path) -> PreparedData | None:
    # None where a file is missing or its bytes have changed.
    try:
        description = json.loads((folder / DESCRIPTION).read_text("utf-8"))
        for stem, expected in description["digests"].items():
            array = np.load(folder / f"{stem}.npy", mmap_mode="r", allow_pickle=False)
            if hash_array(array) != expected:
                return None
        return PreparedData(dataset.name, dataset.samples, folder, **description)
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError):
        return None
