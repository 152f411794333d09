"""Turns texts into tokens by rules that are fixed here, so that every framework gets the same.

A word is a run of lower-case letters and digits, with apostrophes inside ("don't");
all else separates words. Token 0 is padding, 1 is every word outside the vocabulary.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from bench.host.data.dataset import Array

PADDING, UNKNOWN = 0, 1
FIRST_WORD = 2
LEAST_COUNT = 2
# An apostrophe at the edge of a word is a quotation mark: 'top up' is two words.
WORD = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)*")


def split_words(text: str) -> list[str]:
    """Split a text into its words, in order."""
    return WORD.findall(text.lower())


def make_vocabulary(texts: Iterable[str], most: int | None = None) -> dict[str, int]:
    """Number each word that occurs at least twice: by falling frequency, ties by alphabet.

    Args:
        most: largest number of words; the first ones are kept.
    """
    counts = Counter(word for text in texts for word in split_words(text))
    frequent = [word for word, count in counts.items() if count >= LEAST_COUNT]
    frequent.sort(key=lambda word: (-counts[word], word))
    return {word: token for token, word in enumerate(frequent[:most], start=FIRST_WORD)}


def tokenize(texts: Sequence[str], vocabulary: Mapping[str, int], length: int) -> Array:
    """Number the first `length` words of each text, as int32 (texts, length), padded in front.

    In front, so that the last step of a recurrent model is the last word.
    """
    tokens = np.full((len(texts), length), PADDING, dtype=np.int32)
    for row, text in zip(tokens, texts, strict=True):
        numbers = [vocabulary.get(word, UNKNOWN) for word in split_words(text)[:length]]
        if numbers:
            row[-len(numbers) :] = numbers
    return tokens
