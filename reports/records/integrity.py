"""Whether the records of a run are as it wrote them, and what is said where they are not.

`bench.records.chain` says what shows it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.errors import ResultsError, explain_os_error
from bench.records.chain import NOTHING, Chain, follow
from bench.records.manifest import Manifest, read_manifest
from bench.records.results import RECORDS_FILE

TITLE = "Not as it was written"
WARNING = (
    "Since the run wrote its files, somebody or something has changed them: do not trust what "
    "stands here before you know what that was."
)
# Of a command whose result a machine takes: it has no eyes for a warning.
EXIT_STATUS = 2
# A broken disk or a rewritten file shows in every line: a few are named, the rest is counted.
MOST_NAMED = 5

# What is not as it was written, a line for each thing, by the name of what holds it.
Altered = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Integrity:
    """What the digests of a run say.

    Attributes:
        records: how many lines there are.
        sealed: how many of them have digests.
        digest: of the last one, which stands for all of them; None without digests.
        closed: whether the run says that it has ended, so that a missing end would show.
        torn: bytes after the last whole line, as a killed process leaves them.
        alterations: a sentence for each thing that is not as it was written.
    """

    records: int
    sealed: int
    digest: str | None
    closed: bool
    torn: int
    alterations: tuple[str, ...]


def examine(folder: Path) -> Integrity:
    """What the digests of the run in a folder say.

    Raises:
        ResultsError: its records cannot be read.
    """
    path = folder / RECORDS_FILE
    torn = 0

    def whole(lines: Iterable[bytes]) -> Iterator[bytes]:
        nonlocal torn
        for line in lines:
            if line.endswith(b"\n"):
                yield line
            else:
                torn = len(line)

    failure = f"Records {str(path)!r} cannot be read"
    remedy = f"expected a run's {RECORDS_FILE}; name another run."
    with explain_os_error(ResultsError, failure, remedy), path.open("rb") as lines:
        chain = follow(whole(lines))
    try:
        manifest, unreadable = read_manifest(folder), []
    except ResultsError as error:
        manifest, unreadable = None, [str(error)]
    alterations = [f"{RECORDS_FILE}: {words}" for words in limit_sentences(chain.broken)]
    if not unreadable:
        alterations += _against(chain, manifest)
    return Integrity(
        chain.sealed + chain.unsealed,
        chain.sealed,
        chain.last,
        manifest is not None and manifest.end is not None,
        torn,
        tuple(alterations + unreadable),
    )


def list_alterations(altered: Altered) -> tuple[str, ...]:
    """List all alterations, each with the name of what holds it."""
    return tuple(f"{name}: {line}" for name, lines in altered.items() for line in lines)


def limit_sentences(broken: tuple[str, ...]) -> list[str]:
    """The first few sentences, and how many more there are."""
    rest = len(broken) - MOST_NAMED
    return [*broken[:MOST_NAMED], *([f"{rest} more lines likewise"] if rest > 0 else [])]


def _against(chain: Chain, manifest: Manifest | None) -> list[str]:
    """What does not fit what the run was started with, and how far it says that it came."""
    alterations = []
    start = manifest.digest if manifest else NOTHING
    if manifest is not None and not chain.sealed and chain.unsealed:
        alterations.append(
            "no record has a digest, though the run gave each one: they were rewritten"
        )
    if chain.first is not None and chain.first != start:
        alterations.append(
            "the first record does not follow what the run was started with: run.json, or the "
            "first records, were changed or removed"
        )
    if manifest is None or manifest.end is None:
        return alterations
    records, end = chain.sealed + chain.unsealed, manifest.end
    if records != end.records:
        alterations.append(
            f"there were {end.records} records when the run ended, and now {records}"
        )
    elif chain.last not in (end.digest, None):
        alterations.append("the last record is another than when the run ended")
    return alterations
