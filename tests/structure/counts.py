"""Counts that say how easily somebody new finds their way: folders, levels of imports, verbs.

`python -m tests.structure` prints them; `test_structure.py` holds them to their limits.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.bench.test_imports import MODULES, entry, imported_modules
from tests.conftest import ROOT

PRODUCTION = ("bench", "impls", "reports")
# Verbs in the imperative. Words that are a noun in most names (record, sample, block, name, title,
# order, number) are left out, though they can be verbs: a name that starts with one does not count.
VERBS = frozenset((Path(__file__).parent / "verbs.txt").read_text("utf-8").split())
# What a data set needs lies in a file of its own, and every data set is one more.
DATA_SETS = Path("bench/host/data")
# Names that say how a value came about instead of what it is.
FILLERS = frozenset({"found", "made", "known", "told", "asked", "listed", "wanted", "one"})
# They turn one thing into another: `to_json`, `from_document`; or ask: `is_finite`, `has_gpu`.
PREFIXES = frozenset({"to", "from", "is", "has"})
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def entries_of_folders() -> dict[Path, int]:
    """Files and folders directly in each folder of the project, without data and hidden files."""
    counts: dict[Path, set[str]] = defaultdict(set)
    for path in _tracked_files():
        for depth in range(len(path.parts)):
            counts[Path(*path.parts[:depth])].add(path.parts[depth])
    return {
        folder: len({name for name in names if name != "__init__.py"})
        for folder, names in counts.items()
        if not folder.is_relative_to(DATA_SETS) and "data" not in folder.parts
    }


@cache
def _tracked_files() -> tuple[Path, ...]:
    suffixes = {".py", ".md", ".toml", ".txt", ".html", ".css", ".js"}
    skipped = {"__pycache__", "results", "node_modules"}
    return tuple(
        path.relative_to(ROOT)
        for top in (*PRODUCTION, "docs", "tests")
        for path in sorted((ROOT / top).rglob("*"))
        if path.suffix in suffixes and not skipped & set(path.relative_to(ROOT).parts)
    )


def levels_of(folder: str) -> int:
    """Count the entries on the longest chain of imports between the entries of a folder."""
    arrows: dict[str, set[str]] = defaultdict(set)
    for name in MODULES:
        if name.startswith(f"{folder}."):
            for other in imported_modules(MODULES[name]):
                if other.startswith(f"{folder}.") and entry(other, folder) != entry(name, folder):
                    arrows[entry(name, folder)].add(entry(other, folder))

    @cache
    def depth(item: str) -> int:
        return 1 + max((depth(other) for other in arrows[item]), default=0)

    return max(depth(item) for item in list(arrows))


def public_functions(top: str) -> Iterator[tuple[str, str]]:
    """Public functions and methods as (place, name); properties are nouns and are left out."""
    for path in sorted((ROOT / top).rglob("*.py")):
        if path.name.startswith(("test_", "conftest")):
            continue
        for node in _functions(ast.parse(path.read_text("utf-8")).body):
            if not node.name.startswith("_") and not _is_attribute(node):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.name


def starts_with_a_verb(name: str) -> bool:
    """Tell whether the first word of a function's name is a verb in the imperative."""
    word = name.partition("_")[0]
    return word in VERBS or word in PREFIXES


def share_of_verbs(top: str) -> float:
    """Return the share of public functions that start with a verb, 0 to 1."""
    names = [name for _, name in public_functions(top)]
    return sum(map(starts_with_a_verb, names)) / len(names)


def fillers(top: str) -> Iterator[tuple[str, str]]:
    """Locals and parameters of functions that are called by a filler, as (place, name)."""
    for path in sorted((ROOT / top).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                name = node.id
            elif isinstance(node, ast.arg):
                name = node.arg
            else:
                continue
            if name in FILLERS:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", name


def classes_with_one_name() -> dict[str, list[str]]:
    """Class names that stand for several things, with the files; models share theirs by design."""
    places: dict[str, list[str]] = defaultdict(list)
    for top in ("bench", "reports"):
        for path in sorted((ROOT / top).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    places[node.name].append(str(path.relative_to(ROOT)))
    return {name: files for name, files in sorted(places.items()) if len(files) > 1}


def production_lines() -> int:
    """Lines of Python in bench, impls and reports."""
    paths = (path for top in PRODUCTION for path in (ROOT / top).rglob("*.py"))
    return sum(len(path.read_text("utf-8").splitlines()) for path in paths)


def _functions(body: list[ast.stmt]) -> Iterator[FunctionNode]:
    for node in body:
        if isinstance(node, FunctionNode):
            yield node
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from _functions(node.body)


def _is_attribute(node: FunctionNode) -> bool:
    names = {ast.unparse(decorator).rpartition(".")[2] for decorator in node.decorator_list}
    return bool(names & {"property", "cached_property", "setter"})
