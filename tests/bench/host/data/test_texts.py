import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bench.host.data.texts import make_vocabulary, split_words, tokenize


def test_words_are_lower_case_with_apostrophes_inside_only() -> None:
    text = "Why can't I 'top up' £20.50?\nMy card-payment, it's REVERTED!"
    assert " ".join(split_words(text)) == "why can't i top up 20 50 my card payment it's reverted"


def test_the_vocabulary_is_by_frequency_then_alphabet() -> None:
    vocabulary = make_vocabulary(["b a c", "c b, once", "C"])
    assert vocabulary == {"c": 2, "b": 3}
    assert make_vocabulary(["z y", "y z"]) == {"y": 2, "z": 3}


def test_texts_are_padded_in_front_and_cut_at_the_end() -> None:
    tokens = tokenize(["a b", "a b c d e", "?", "a b a"], {"a": 2, "b": 3, "d": 4}, 3)
    assert tokens.tolist() == [[0, 2, 3], [2, 3, 1], [0, 0, 0], [2, 3, 2]]
    assert tokens.dtype == np.int32


@given(st.lists(st.text(), max_size=5), st.integers(1, 4))
def test_tokens_are_of_the_vocabulary(texts: list[str], length: int) -> None:
    vocabulary = make_vocabulary(texts)
    tokens = tokenize(texts, vocabulary, length)
    assert tokens.shape == (len(texts), length)
    assert ((tokens >= 0) & (tokens < len(vocabulary) + 2)).all()
