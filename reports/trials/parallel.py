"""Independent pieces of work in as many processes as there are processors."""

import multiprocessing
import os
from collections.abc import Callable, Sequence
from typing import TypeVar, cast

Made = TypeVar("Made")

# Below this, starting processes takes longer than it saves.
LEAST_PIECES = 6

_pieces: Sequence[Callable[[], object]] = ()


def run_in_processes(pieces: Sequence[Callable[[], Made]], least: int = LEAST_PIECES) -> list[Made]:
    """What each piece makes, in their order; one after the other where it is not worth more.

    The processes are forks: they have what the pieces work on already, and only what is made goes
    from one to another.

    Args:
        least: fewer pieces than that are made here.
    """
    global _pieces
    processes = min(len(pieces), len(os.sched_getaffinity(0)))
    if len(pieces) < least or processes < 2:
        return [piece() for piece in pieces]
    _pieces = pieces
    try:
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            return cast(list[Made], pool.map(_make, range(len(pieces)), chunksize=1))
    finally:
        _pieces = ()


def _make(place: int) -> object:
    return _pieces[place]()
