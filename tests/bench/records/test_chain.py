"""Digests that chain lines: what is done to a file shows, and what is not done does not."""

import hashlib
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.records.chain import NOTHING, add_seal, follow, parse_seal

CONTENTS = [json.dumps({"number": number, "text": 'a "},' * number}) for number in range(5)]


def lines(contents: list[str] = CONTENTS, start: str = NOTHING) -> list[bytes]:
    written, previous = [], start
    for content in contents:
        line = (add_seal(content, previous) + "\n").encode()
        written.append(line)
        found = parse_seal(line)
        assert found
        previous = found.digest
    return written


def test_a_seal_is_what_its_words_say() -> None:
    line = add_seal('{"a":1}', NOTHING)
    digest = hashlib.sha256(NOTHING.encode() + b'{"a":1}').hexdigest()
    assert json.loads(line) == {"a": 1, "previous": NOTHING, "digest": digest}
    found = parse_seal(line.encode())
    assert found is not None
    assert (found.previous, found.digest, found.actual) == (NOTHING, digest, digest)


def test_an_untouched_file_is_whole() -> None:
    written = lines(start="a" * 64)
    found = follow(written)
    assert (found.sealed, found.unsealed, found.first, found.broken) == (5, 0, "a" * 64, ())
    last = parse_seal(written[-1])
    assert last is not None
    assert found.last == last.digest


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda all: all.pop(2), "line 3 does not follow"),
        (lambda all: all.insert(2, all[0]), "line 3 does not follow"),
        (lambda all: all.reverse(), "line 2 does not follow"),
        (lambda all: all.insert(2, b'{"number":9}\n'), "line 3 has no digest"),
        (lambda all: all.__setitem__(1, all[1].replace(b"1", b"2", 1)), "line 2 is not as"),
    ],
)
def test_what_is_done_to_lines_shows(change: object, words: str) -> None:
    written = lines()
    change(written)  # type: ignore[operator]
    assert words in " ".join(follow(written).broken)


def test_every_byte_counts() -> None:
    content = b"".join(lines())
    for _ in range(300):
        place = random.randrange(len(content))
        flipped = bytes([content[place] ^ (1 << random.randrange(8))])
        changed = content[:place] + flipped + content[place + 1 :]
        found = follow(changed.splitlines(keepends=True))
        untouched = (found.sealed, found.unsealed, found.broken) == (5, 0, ())
        # An upper-case hexadecimal digit, or a space at a line's end, says the same.
        assert not untouched or changed.decode("latin-1").split() == content.decode().split()


def test_lines_of_older_versions_have_no_digest_and_that_is_no_change() -> None:
    found = follow([b'{"schema":3}\n', b"\n", b'{"schema":3}\n'])
    assert (found.sealed, found.unsealed, found.last, found.broken) == (0, 2, None, ())


@given(st.lists(st.binary(max_size=60)))
def test_no_bytes_break_it(content: list[bytes]) -> None:
    assert follow(content).sealed == 0
