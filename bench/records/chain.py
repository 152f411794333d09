"""Chains the lines of a records file to each other by digests. Standard library only.

Each line ends in two fields of its own: `previous`, the digest of the line before it (of the first
one, that of what the run was started with: `bench.records.manifest`), and `digest`, SHA-256 over
`previous` and the line without the two. A bit that flips, a number that is changed by hand, a line
that is removed, added or moved shows in the digest of that line or in the next one's `previous`.
Whoever writes the whole chain anew leaves no such trace, but comes to another digest at its end:
the run's digest, which the terminal and the report tell.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

SEAL = re.compile(rb',"previous":"([0-9a-f]{64})","digest":"([0-9a-f]{64})"}\s*\Z')
NOTHING = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class Seal:
    """The two digests that a line ends in, and what the second one should be: `actual`."""

    previous: str
    digest: str
    actual: str


@dataclass(frozen=True)
class Chain:
    """The chain of the lines of a file.

    Attributes:
        sealed: number of lines with digests.
        unsealed: number of lines without: schemas 1 to 3 knew no digests.
        first: digest that the first sealed line follows, None without one.
        last: digest of the last sealed line, None without one.
        broken: sentence for each line that is not as it was written, or not where it was.
    """

    sealed: int
    unsealed: int
    first: str | None
    last: str | None
    broken: tuple[str, ...]


def add_seal(line: str, previous: str) -> str:
    """Add its seal to a line of JSON that holds an object."""
    digest = _hash(previous, line.encode())
    return f'{line[:-1]},"previous":"{previous}","digest":"{digest}"}}'


def parse_seal(line: bytes) -> Seal | None:
    """Parse the seal of a line; None where there is none."""
    match = SEAL.search(line, max(0, len(line) - 250))
    if match is None:
        return None
    previous, digest = (part.decode() for part in match.groups())
    return Seal(previous, digest, _hash(previous, line[: match.start()] + b"}"))


def follow(lines: Iterable[bytes]) -> Chain:
    """Look along the lines of a file, from the first to the last."""
    broken: list[str] = []
    first = last = None
    sealed = unsealed = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        seal = parse_seal(line)
        if seal is None:
            unsealed += 1
            if last is not None:
                broken.append(f"line {number} has no digest, unlike the one before it")
            continue
        if seal.digest != seal.actual:
            broken.append(f"line {number} is not as it was written: its digest is another")
        if last is not None and seal.previous != last:
            broken.append(
                f"line {number} does not follow the sealed line before it: something between them "
                "was removed or added, or one of them was moved"
            )
        first = first or seal.previous
        last, sealed = seal.digest, sealed + 1
    return Chain(sealed, unsealed, first, last, tuple(broken))


def _hash(previous: str, content: bytes) -> str:
    return hashlib.sha256(previous.encode() + content).hexdigest()
