"""CIFAR-10 (Krizhevsky 2009) in its binary version, whole or a part of it."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from bench.errors import DataError
from bench.host.data.cifar_rows import (
    CLASSES,
    parse_rows,
    read_archive,
    read_batch,
    read_packed_batch,
)
from bench.host.data.dataset import Dataset, Split
from bench.host.data.published import DATA_VARIABLE, Publication, PublishedFile, find_user_folder
from bench.spec import Samples

# Its page publishes the MD5 c32a1d4ab5d03f1284b67883e8d87530; the SHA-256 of the same 170,052,171
# bytes stands in several public readers, GoMLX's among them.
ARCHIVE = PublishedFile(
    "cifar-10-binary.tar.gz", "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
)
MEMBERS = "cifar-10-batches-bin"
PICKLED = ("cifar-10-python.tar.gz", "cifar-10-batches-py")
PUBLICATION = Publication(
    title="CIFAR-10",
    folder="cifar10",
    files=f"the published {ARCHIVE.name}, or its .bin files,",
    mirrors=("https://www.cs.toronto.edu/~kriz/",),
    most_bytes=192 * 2**20,
)
# In order, the last one is the test batch; digests as torchvision for Ruby checks them.
BATCHES = {
    "data_batch_1.bin": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
    "data_batch_2.bin": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
    "data_batch_3.bin": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
    "data_batch_4.bin": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
    "data_batch_5.bin": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
    "test_batch.bin": "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
}
SUBSET_FOLDER = "cifar10-lossless-subset"
# Of the unpacked rows: whoever has the whole set can make the same part with any gzip.
SUBSET_TRAIN = PublishedFile(
    "data_batch_1_first4000.bin.gz",
    "0993cf8b8e43bc207603aef9787006995746513f5e3fa5a52e06d1b069926330",
)
SUBSET_TEST = PublishedFile(
    "test_batch_first1000.bin.gz",
    "8314c96d7cd65618193bab23acdd5d4c4af15bf6dd00a1781d55beedf3be1ef5",
)


def read_cifar10() -> tuple[Split, Split]:
    """Read 50,000 train and 10,000 test images, in the order of the batches."""
    folder = find_user_folder(PUBLICATION.folder)
    unpacked = _find_unpacked(folder) if folder else None
    if unpacked:
        sources = {name: str(unpacked / name) for name in BATCHES}
        contents = [read_batch(unpacked / name) for name in BATCHES]
    else:
        archive = _find_archive(folder)
        sources = {name: f"{archive}: {name}" for name in BATCHES}
        contents = _read_members(archive)
    *train, test = (
        _parse_published(content, sources[name], BATCHES[name])
        for name, content in zip(BATCHES, contents, strict=True)
    )
    whole = Split(
        np.concatenate([split.inputs for split in train]),
        np.concatenate([split.labels for split in train]),
    )
    return whole, test


def read_subset() -> tuple[Split, Split]:
    """Read 4,000 train and 1,000 test images of CIFAR-10: the first ones of their batches."""
    return _read_part(SUBSET_TRAIN), _read_part(SUBSET_TEST)


def _find_unpacked(folder: Path) -> Path | None:
    # The .bin files lie in this folder, or in the one that the archive makes in it.
    for candidate in (folder, folder / MEMBERS):
        if any(os.path.isfile(candidate / name) for name in BATCHES):
            return candidate
    return None


def _find_archive(folder: Path | None) -> Path:
    if folder and not os.path.isfile(folder / ARCHIVE.name):
        for name in PICKLED:
            if os.path.exists(folder / name):
                # Unpickling runs whatever program the file holds.
                raise DataError(
                    f"{folder / name} is CIFAR-10's Python version, which is never read: it is "
                    f"pickled; expected {ARCHIVE.name}, the binary version; put that beside it."
                )
    path = PUBLICATION.find(ARCHIVE)
    PUBLICATION.check(path, ARCHIVE, _read_members)
    return path


def _read_members(archive: Path) -> list[bytes]:
    return read_archive(archive, [f"{MEMBERS}/{name}" for name in BATCHES])


def _read_part(file: PublishedFile) -> Split:
    folder = find_user_folder(SUBSET_FOLDER)
    path = folder / file.name if folder else None
    if path is None or not os.path.isfile(path):
        reason = f"{path} is not there" if path else f"{DATA_VARIABLE} is not set"
        raise DataError(
            f"cifar10-subset cannot be downloaded, and {reason}; expected {file.name}, the first "
            f"rows of CIFAR-10's batch gzipped, in ${DATA_VARIABLE}/{SUBSET_FOLDER}; put it "
            "there, or use cifar10."
        )
    return _parse_published(read_packed_batch(path), str(path), file.sha256)


def _parse_published(content: bytes, source: str, sha256: str) -> Split:
    # First, since it says what is wrong with the form of the rows.
    split = parse_rows(content, source)
    actual = hashlib.sha256(content).hexdigest()
    if actual != sha256:
        raise DataError(
            f"{source} holds rows with the SHA-256 {actual}; expected {sha256}, the published "
            "ones; replace the file."
        )
    return split


CIFAR10 = Dataset(
    name="cifar10",
    summary=f"60,000 photographs of 10 kinds, 32x32; from {DATA_VARIABLE} or downloaded",
    version=1,
    samples=Samples((3, 32, 32), classes=CLASSES),
    read=read_cifar10,
)
CIFAR10_SUBSET = replace(
    CIFAR10,
    name="cifar10-subset",
    summary=f"4,000 training and 1,000 test images of cifar10; from {DATA_VARIABLE}",
    read=read_subset,
)
