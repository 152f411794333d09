import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.errors import DataError
from bench.host.data import dataset
from bench.host.data.dataset import Array, Dataset
from bench.host.data.declared.array_files import ArrayFiles, ArrayPair, map_array
from bench.host.data.preparation import prepare_dataset
from bench.spec import Samples

GENERATOR = np.random.default_rng(0)
IMAGES = GENERATOR.integers(0, 256, (6, 3, 4, 5), dtype=np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2])
TOKENS = GENERATOR.integers(0, 9, (6, 7))
TOKENS[0, 0] = 9


def declared(folder: Path, layout: str = "NCHW", test_every: int | None = None) -> ArrayFiles:
    test = ArrayPair(folder / "test_x.npy", folder / "test_y.npy")
    return ArrayFiles(
        ArrayPair(folder / "x.npy", folder / "y.npy"),
        test if test_every is None else None,
        test_every,
        layout,
    )


def write(folder: Path, inputs: Array = IMAGES, labels: Array = LABELS, **others: Array) -> None:
    """Training arrays, and test arrays of their first four samples unless others are given."""
    test = {"test_x": inputs[:4] if inputs.ndim else inputs, "test_y": labels[:4]}
    found = {**test, **others, "x": inputs, "y": labels}
    for name, array in found.items():
        np.save(folder / f"{name}.npy", array)


def refused(source: ArrayFiles, words: str) -> None:
    for look in (source.describe_samples, source.read):
        with pytest.raises(DataError, match=words) as caught:
            look()
        assert "\n" not in str(caught.value)


def test_images_come_out_channels_first_whatever_their_layout(tmp_path: Path) -> None:
    for layout, images in (
        ("NCHW", IMAGES),
        ("NHWC", IMAGES.transpose(0, 2, 3, 1)),
        ("NHWC", np.ascontiguousarray(IMAGES.transpose(0, 2, 3, 1))),
        ("NCHW", np.asfortranarray(IMAGES)),
    ):
        write(tmp_path, images)
        source = declared(tmp_path, layout)
        assert source.describe_samples() == Samples((3, 4, 5), classes=3)
        train, test = source.read()
        assert (train.inputs == IMAGES).all()
        assert (test.inputs == IMAGES[:4]).all()
        assert train.labels.tolist() == LABELS.tolist()


def test_images_without_channels_have_one(tmp_path: Path) -> None:
    write(tmp_path, IMAGES[:, 0])
    source = declared(tmp_path, "NHW")
    assert source.describe_samples() == Samples((1, 4, 5), classes=3)
    assert (source.read()[0].inputs == IMAGES[:, :1]).all()


@pytest.mark.parametrize("kind", ["int64", "uint16", ">i4", "int8"])
def test_tokens_may_be_any_whole_numbers(tmp_path: Path, kind: str) -> None:
    write(tmp_path, TOKENS.astype(kind), LABELS.astype(kind))
    source = declared(tmp_path, "NL")
    assert source.describe_samples() == Samples((7,), classes=3, vocabulary=10)
    train, _ = source.read()
    assert (train.inputs == TOKENS).all()


def test_the_vocabulary_is_that_of_both_parts(tmp_path: Path) -> None:
    write(tmp_path, TOKENS, test_x=TOKENS[:4] + 5)
    assert declared(tmp_path, "NL").describe_samples().vocabulary == 15


def test_one_pair_is_divided(tmp_path: Path) -> None:
    write(tmp_path)
    train, test = declared(tmp_path, test_every=2).read()
    assert (train.inputs == IMAGES[:3]).all()
    assert (test.inputs == IMAGES[3:]).all()
    assert test.labels.tolist() == [0, 1, 2]
    files = list(declared(tmp_path, test_every=2).list_files())
    assert files == [tmp_path / "x.npy", tmp_path / "y.npy"]
    assert len(list(declared(tmp_path).list_files())) == 4


def test_a_test_part_may_lack_a_class(tmp_path: Path) -> None:
    write(tmp_path, test_y=np.array([2, 2, 0, 0]))
    assert declared(tmp_path).describe_samples() == Samples((3, 4, 5), classes=3)
    assert declared(tmp_path).read()[1].labels.tolist() == [2, 2, 0, 0]


def test_arrays_are_mapped_not_read(tmp_path: Path) -> None:
    write(tmp_path)
    assert isinstance(map_array(tmp_path / "x.npy"), np.memmap)
    inputs = declared(tmp_path).read()[0].inputs
    assert inputs.base is not None
    assert not inputs.flags.owndata


@pytest.mark.parametrize(
    ("inputs", "layout"),
    [(np.asfortranarray(TOKENS), "NL"), (np.asfortranarray(IMAGES), "NCHW"), (IMAGES, "NCHW")],
)
def test_arrays_by_columns_are_prepared_as_others(
    tmp_path: Path, cache: Path, inputs: Array, layout: str
) -> None:
    write(tmp_path, inputs)
    source = declared(tmp_path, layout)
    dataset = Dataset("mine", "", "1", source.describe_samples(), source.read)
    arrays = prepare_dataset(dataset).list_arrays("NCHW")
    found = np.load(arrays["train_inputs"])
    assert found.flags.c_contiguous
    if layout == "NL":
        assert (found == TOKENS).all()
    else:
        centered = (IMAGES - IMAGES.mean((0, 2, 3))[:, None, None]) / IMAGES.std((0, 2, 3))[
            :, None, None
        ]
        assert found == pytest.approx(centered, abs=1e-5)


@pytest.mark.parametrize(
    ("arrays", "layout", "words"),
    [
        ({"inputs": IMAGES / 255}, "NCHW", r"float64 \(6, 3, 4, 5\); expected uint8.*normalizes"),
        ({"inputs": np.full((6, 3, 4, 5), np.nan)}, "NCHW", "float64.*expected uint8"),
        ({"inputs": IMAGES.astype("int64")}, "NCHW", "int64.*expected uint8"),
        ({"inputs": IMAGES > 9}, "NCHW", "bool.*expected uint8"),
        ({"inputs": TOKENS / 1.0}, "NL", "float64.*expected whole numbers, the tokens"),
        ({"inputs": TOKENS > 4}, "NL", "bool.*expected whole numbers"),
        ({"inputs": TOKENS - 1}, "NL", "has tokens from -1 to 8; expected 0 to 999,999"),
        ({"inputs": TOKENS * 10**6}, "NL", "has tokens from 0 to 9,000,000"),
        ({"inputs": IMAGES}, "NHW", r"\(6, 3, 4, 5\); expected 3 axes for the layout NHW"),
        ({"inputs": IMAGES[:, 0]}, "NCHW", r"\(6, 4, 5\); expected 4 axes"),
        ({"inputs": IMAGES}, "NHWC", "has 5 channels as NHWC; expected 1 or 3"),
        ({"inputs": IMAGES[:, :2]}, "NCHW", "has 2 channels as NCHW; expected 1 or 3"),
        ({"inputs": IMAGES[:, :, :0]}, "NCHW", "none of them empty"),
        ({"inputs": IMAGES[:0], "labels": LABELS[:0]}, "NCHW", "none of them empty"),
        ({"inputs": np.array(3)}, "NL", r"int64 \(\); expected 2 axes"),
        ({"inputs": np.array([["a"]])}, "NL", "expected whole numbers"),
        ({"inputs": np.zeros((6, 2), "i4,i4")}, "NL", "expected whole numbers"),
        ({"labels": LABELS[:5]}, "NCHW", "has 6 samples and .*5 labels; expected a label for each"),
        ({"labels": LABELS[:, None]}, "NCHW", r"int64 \(6, 1\); expected whole numbers with one"),
        ({"labels": np.eye(6)}, "NCHW", r"float64 \(6, 6\); expected .*argmax"),
        ({"labels": LABELS / 1.0}, "NCHW", "float64 .*expected whole numbers"),
        ({"labels": LABELS - 1}, "NCHW", "has labels from -1 to 1; expected 0 to"),
        ({"labels": LABELS + 1}, "NCHW", "has labels up to 3 but never 0"),
        ({"labels": LABELS * 2}, "NCHW", "has labels up to 4 but never 1"),
        ({"labels": LABELS * 10**6}, "NCHW", "has labels from 0 to 2,000,000"),
        ({"labels": LABELS * 0}, "NCHW", "has 1 class; expected 2 to"),
        ({"test_y": LABELS[:4] + 1}, "NCHW", "test_y.npy' has labels from 1 to 3; expected 0 to 2"),
        ({"test_y": LABELS[:3]}, "NCHW", "has 4 samples and .*3 labels"),
        ({"test_y": LABELS[:4] - 1}, "NCHW", "test_y.npy' has labels from -1 to 1"),
        ({"test_x": IMAGES[:4, :, :2]}, "NCHW", r"samples of \(3, 4, 5\) and .*of \(3, 2, 5\)"),
        ({"test_x": IMAGES[:4, :1]}, "NCHW", "expected one shape"),
    ],
)
def test_arrays_that_are_no_samples_are_one_line(
    tmp_path: Path, arrays: dict[str, Any], layout: str, words: str
) -> None:
    write(tmp_path, **arrays)
    refused(declared(tmp_path, layout), words)


def objects(path: Path) -> None:
    np.save(path, np.array([{}, "x"], dtype=object), allow_pickle=True)


def archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as found:
        found.writestr("x", "y")


def header(shape: str, kind: str = "|u1") -> Callable[[Path], object]:
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    content = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text
    return lambda path: path.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.unlink(), "cannot be read .No such file"),
        (objects, "holds pickled Python objects, which are never read"),
        (archive, "is a .npz archive"),
        (lambda path: path.write_bytes(b""), "is no .npy file"),
        (lambda path: path.write_text("1,2,3"), "is no .npy file"),
        (lambda path: path.write_bytes(b"\x80\x04N."), "is no .npy file"),  # a pickle
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "is damaged .*write it again"),
        (lambda path: path.write_bytes(path.read_bytes()[:60]), "is damaged"),
        (lambda path: path.write_bytes(b"\x93NUMPY"), "is damaged"),
        (lambda path: path.write_bytes(b"\x93NUMPY\x09\x00"), "is damaged"),
        (header("(6, 3, 4, 5)"), "is damaged"),
        (header("(1" + "0" * 30 + ",)"), "is damaged"),
        (header("(-6,)"), "is damaged"),
        (header("(6,)", "O"), "pickled Python objects"),
        (header("((((6,"), "is damaged"),
        (header("(6,)", "x" * 9), "is damaged"),
        (
            lambda path: np.save(path, np.zeros(3, [(f"column {i}", "f4") for i in range(900)])),
            "has named columns, or is damaged.*save one array of numbers",
        ),
    ],
)
def test_a_file_that_is_no_array_is_one_line(
    tmp_path: Path, spoil: Callable[[Path], object], words: str
) -> None:
    for name in ("x", "y", "test_x", "test_y"):
        write(tmp_path)
        path = tmp_path / f"{name}.npy"
        spoil(path)
        with pytest.raises(DataError, match=words) as caught:
            declared(tmp_path).describe_samples()
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_unpickling_never_happens(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "ran",))

    buffer = io.BytesIO()
    np.save(buffer, np.array([Bomb()] * 6, dtype=object), allow_pickle=True)
    write(tmp_path)
    (tmp_path / "x.npy").write_bytes(buffer.getvalue())
    refused(declared(tmp_path), "never read")
    assert not (tmp_path / "ran").exists()


def test_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path)
    monkeypatch.setattr(dataset, "MOST_VALUES_OF_ALL", 599)
    refused(declared(tmp_path), "10 samples of 3 x 4 x 5 values; expected 1 to 599 in all")
