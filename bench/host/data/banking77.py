"""BANKING77 (Casanueva et al. 2020): customers' questions to a bank, by intent; CC BY 4.0."""

from pathlib import Path

from bench.errors import DataError
from bench.host.data.dataset import Dataset, Split
from bench.host.data.labeled_csv import MOST_BYTES, read_categories, read_labeled_csv
from bench.host.data.published import DATA_VARIABLE, Publication, PublishedFile
from bench.host.data.texts import FIRST_WORD, make_vocabulary, tokenize
from bench.spec import Samples

CLASSES = 77
# 3.5 % of the training texts and 2.3 % of the test texts are longer. Their first 32 words tell more
# than their last: a bag-of-words classifier fitted on the short texts gets 63 % of them right from
# the first, 59 % from the last, 66 % from all words.
LENGTH = 32
# Known without the data, since the files are pinned by their digests: 1,500 words and two more.
VOCABULARY = 1_502
PUBLICATION = Publication(
    title="BANKING77",
    folder="banking77",
    files="the published train.csv, test.csv and categories.json",
    mirrors=(
        "https://raw.githubusercontent.com/PolyAI-LDN/task-specific-datasets/"
        "57ec275d8078af65b7731c2a98be812d844a6d6b/banking_data/",
    ),
    most_bytes=MOST_BYTES,
)


TRAIN = PublishedFile(
    "train.csv", "b06e26ac675513959a63135f11b94ea7786ed02da65db93a5650d8838cbc664b"
)
TEST = PublishedFile("test.csv", "d12d6e3bc4c3103966ae786dc435913c0c563dfa328f5a3646d0e62cfeeb474d")
CATEGORIES = PublishedFile(
    "categories.json", "53261da888122daf2d120d925458631d9619e15d82e56052e7a42e535ce32b63"
)


def read_banking77() -> tuple[Split, Split]:
    """Read 10,003 train and 3,080 test texts as tokens (samples, 32), with their labels."""
    # The labels are the places in this list.
    categories = PUBLICATION.read(CATEGORIES, lambda path: read_categories(path, CLASSES))
    (train_texts, train_labels), (test_texts, test_labels) = (
        PUBLICATION.read(file, lambda path: read_labeled_csv(path, categories))
        for file in (TRAIN, TEST)
    )
    # From the training texts alone: the test texts stand for what nobody has seen yet.
    vocabulary = make_vocabulary(train_texts)
    if len(vocabulary) + FIRST_WORD != VOCABULARY:
        raise DataError(
            f"BANKING77's training texts give {len(vocabulary) + FIRST_WORD:,} tokens; expected "
            f"{VOCABULARY:,}; correct VOCABULARY in {Path(__file__).name} with the rule for words."
        )
    return (
        Split(tokenize(train_texts, vocabulary, LENGTH), train_labels),
        Split(tokenize(test_texts, vocabulary, LENGTH), test_labels),
    )


BANKING77 = Dataset(
    name="banking77",
    summary="13,083 questions to a bank, 77 intents, words as tokens; "
    f"from {DATA_VARIABLE} or downloaded",
    version=1,
    samples=Samples((LENGTH,), classes=CLASSES, vocabulary=VOCABULARY),
    read=read_banking77,
)
