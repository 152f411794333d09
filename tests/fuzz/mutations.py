"""Files that are nearly right: mistakes in whole ones get further than bytes from nowhere."""

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

# Values at which formats and their readers change what they do.
PIECES = (
    *(b"", b"\x00", b"\xff", b"\n", b"\r\n", b'"', b"'", b",", b"[", b"]", b"{", b"}", b"=", b"#"),
    *(b"0", b"-1", b"1", b"1e999", b"NaN", b"-Infinity", b"1_000", b"9" * 30, b"0x10", b"1e-400"),
    *(b"true", b"null", b"nan", b"inf", b"\\u0000", b"\\ud800", b"\xed\xa0\x80", b"\xef\xbb\xbf"),
    *(b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\x80\x00\x00\x00", b"[" * 2000, b'{"a":' * 2000),
    *(b"../../etc/passwd", b"/etc/passwd", b"all", b"[[trials]]\n", b"1979-05-27T07:32:00Z"),
)
MOST_EDITS = 6


@st.composite
def mutated(draw: DrawFn, whole: tuple[bytes, ...]) -> bytes:
    """One of the whole files with a few mistakes in it; now and then bytes from nowhere."""
    content = draw(st.sampled_from(whole))
    for _ in range(draw(st.integers(0, MOST_EDITS))):
        content = _edited(draw, content)
    return content


def inputs(whole: tuple[bytes, ...]) -> SearchStrategy[bytes]:
    """Mostly mutations, and some bytes that were never a file."""
    return st.one_of(mutated(whole), mutated(whole), mutated(whole), st.binary(max_size=200))


def _edited(draw: DrawFn, content: bytes) -> bytes:
    place = draw(st.integers(0, len(content)))
    length = draw(st.integers(0, 20) | st.integers(0, len(content)))
    kind = draw(st.sampled_from(("replace", "insert", "remove", "flip", "repeat", "cut", "word")))
    before, after = content[:place], content[place:]
    if kind == "replace":
        return before + draw(st.sampled_from(PIECES)) + after[length:]
    if kind == "insert":
        return before + draw(st.sampled_from(PIECES) | st.binary(max_size=8)) + after
    if kind == "remove":
        return before + after[length:]
    if kind == "flip" and after:
        return before + bytes([after[0] ^ (1 << draw(st.integers(0, 7)))]) + after[1:]
    if kind == "repeat":
        return before + after[:length] * draw(st.integers(2, 4)) + after
    if kind == "word":
        return _word(draw, content, place)
    return before


def _word(draw: DrawFn, content: bytes, place: int) -> bytes:
    """The whole word at a place replaced: a number by another, a name by none."""
    marks = b' \n\t,:=[]{}"'
    start, end = place, place
    while start and content[start - 1] not in marks:
        start -= 1
    while end < len(content) and content[end] not in marks:
        end += 1
    return content[:start] + draw(st.sampled_from(PIECES)) + content[end:]
