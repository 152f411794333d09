from pathlib import Path

import numpy as np
import pytest

from bench.errors import DataError
from bench.host.data.banking77 import CATEGORIES, read_banking77
from bench.host.data.declared.text_files import TextFiles
from bench.host.data.labeled_csv import Columns, read_categories
from bench.spec import Samples

TRAIN = """\
text,label
my card is lost,card
my cash is lost,cash
a card please,card
a card and cash,cash
"""
TEST = "label,text\ncash,is my cash gone\n"


def declared(folder: Path, **keys: object) -> TextFiles:
    values = {
        **{"test": folder / "test.csv", "test_every": None, "columns": Columns(label="label")},
        **{"length": 4, "vocabulary": 100, **keys},
    }
    return TextFiles(train=folder / "train.csv", **values)  # type: ignore[arg-type]


def write(folder: Path, train: str | bytes = TRAIN, test: str | bytes = TEST) -> None:
    for name, content in (("train.csv", train), ("test.csv", test)):
        encoded = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(encoded)


def test_words_are_numbered_by_the_training_texts_and_classes_by_alphabet(tmp_path: Path) -> None:
    write(tmp_path)
    source = declared(tmp_path)
    # By frequency, then alphabet: card 3, a 2, cash 2, is 2, lost 2, my 2.
    assert source.describe_samples() == Samples((4,), classes=2, vocabulary=8)
    train, test = source.read()
    assert train.inputs.tolist() == [[7, 2, 5, 6], [7, 4, 5, 6], [0, 3, 2, 1], [3, 2, 1, 4]]
    assert train.labels.tolist() == [0, 1, 0, 1]
    assert test.inputs.tolist() == [[5, 7, 4, 1]]
    assert test.labels.tolist() == [1]
    assert list(source.list_files()) == [tmp_path / "train.csv", tmp_path / "test.csv"]


def test_the_vocabulary_may_be_cut_short(tmp_path: Path) -> None:
    write(tmp_path)
    source = declared(tmp_path, vocabulary=2)
    assert source.describe_samples().vocabulary == 4
    assert source.read()[0].inputs[0].tolist() == [1, 2, 1, 1]


def test_one_file_is_divided_and_its_test_texts_give_no_words(tmp_path: Path) -> None:
    write(tmp_path, TRAIN.replace("a card and cash", "a card and gone gone"))
    source = declared(tmp_path, test=None, test_every=2)
    # Of each class the second is a test text; once each in training: nothing but my, is and lost.
    assert source.describe_samples().vocabulary == 5
    train, test = source.read()
    assert (train.labels.tolist(), test.labels.tolist()) == ([0, 1], [0, 1])
    assert test.inputs.tolist() == [[0, 1, 1, 1], [1, 1, 1, 1]]
    assert list(source.list_files()) == [tmp_path / "train.csv"]


def test_labels_that_the_test_texts_lack_are_no_mistake(tmp_path: Path) -> None:
    write(tmp_path)
    assert np.unique(declared(tmp_path).read()[1].labels).tolist() == [1]


def test_a_text_may_be_as_long_as_its_file(tmp_path: Path) -> None:
    write(tmp_path, TRAIN + "card " * 40_000 + ",card\n")
    assert declared(tmp_path).read()[0].inputs[-1].tolist() == [2, 2, 2, 2]


def test_banking77_declared_is_banking77(real_data: Path) -> None:
    folder = real_data / "banking77"
    source = TextFiles(folder / "train.csv", folder / "test.csv", None, Columns(), 32, 1_500)
    assert source.describe_samples() == Samples((32,), classes=77, vocabulary=1_502)
    # Its labels are places in a list of its own order.
    names = read_categories(folder / CATEGORIES.name, 77)
    place = np.argsort(np.argsort(names))
    for found, expected in zip(source.read(), read_banking77(), strict=True):
        assert (found.inputs == expected.inputs).all()
        assert (found.labels == place[expected.labels]).all()


@pytest.mark.parametrize(
    ("train", "test", "words"),
    [
        ("text,intent\na,b\n", TEST, r"train\.csv has the columns .*expected 'text' and 'label'"),
        ("text;label\na;b\n", TEST, r"has the columns \['text;label'\]"),
        ("", TEST, r"train\.csv has the columns \[\]"),
        ("text,label\n", TEST, r"train\.csv has no rows"),
        (TRAIN, "text,label\n", r"test\.csv has no rows"),
        (TRAIN + "more,\n", TEST, r"train\.csv line 6 has an empty label"),
        (TRAIN + " ,card\n", TEST, r"train\.csv line 6 has an empty text"),
        ("text,label\na a,card\nb b,card\n", TEST, r"train\.csv' has 1 class; expected 2 to"),
        (
            TRAIN,
            TEST + "loan,my loan\n",
            r"test\.csv line 3 has the label 'loan'; expected one of the 2 in .*train\.csv",
        ),
        (
            "text,label\na a,caf\u00e9\nb b,card\n",
            "text,label\na a,cafe\u0301\n",
            r"line 2 has the label 'cafe\\u0301' \(it only looks like 'caf\\xe9'\); expected",
        ),
        (
            "text,label\na a,caf\u00e9\nb b,cafe\u0301\n",
            TEST,
            r"has the classes 'cafe\\u0301' and 'caf\\xe9', which look the same",
        ),
        (
            "t\u0435xt,label\na,b\n",
            TEST,
            r"columns \['t\\u0435xt' \(it only looks like 'text'\), 'label'\]; expected 'text'",
        ),
        (TRAIN.encode() + b"caf\xe9,card\n", TEST, r"train\.csv is not UTF-8 .*save it as UTF-8"),
        (TRAIN.encode("utf-16"), TEST, r"train\.csv is not UTF-8"),
        (TRAIN + '"open,card\n', TEST, r"line 6 is not valid CSV"),
        (
            "text,label\n\u4e00 \u4e00,card\n\u4e00,cash\n",
            TEST,
            r"train\.csv' has no word that occurs twice",
        ),
    ],
)
def test_malformed_texts_are_one_line(
    tmp_path: Path, train: str | bytes, test: str | bytes, words: str
) -> None:
    write(tmp_path, train, test)
    source = declared(tmp_path)
    for look in (source.describe_samples, source.read):
        with pytest.raises(DataError, match=words) as caught:
            look()
        assert "\n" not in str(caught.value)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"train\.csv cannot be read .No such file"):
        declared(tmp_path).describe_samples()


def test_too_much_is_refused(tmp_path: Path) -> None:
    write(tmp_path)
    with pytest.raises(DataError, match=r"5 samples of 1,000,000,000 values|samples of 1,000,000,"):
        declared(tmp_path, length=1_000_000_000).describe_samples()
