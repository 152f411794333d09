"""The direction of imports, read from the tree: who may import whom, and that there is no cycle."""

import ast
import subprocess
import sys
from collections import defaultdict
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.conftest import ROOT

FRAMEWORKS = {"torch", "tensorflow", "keras", "mxnet", "jax", "flax"}
PROJECT = ("bench", "impls", "reports")
# Host and reports share it; alone among what they share it needs NumPy.
LEVELS = "bench.levels"
# Every folder below bench that is not the interface of implementations: the files that lie in bench
# itself and bench.models.
INTERNAL = tuple(
    f"bench.{folder.name}"
    for folder in sorted((ROOT / "bench").iterdir())
    if folder.is_dir() and folder.name != "models" and list(folder.glob("*.py"))
)


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def files(folder: str) -> list[Path]:
    """The Python files in a folder and below; a folder without one is a mistake of this test."""
    paths = sorted((ROOT / folder).rglob("*.py"))
    assert paths
    return paths


MODULES = {module_name(path): path for top in PROJECT for path in files(top)}


def imported(path: Path) -> set[str]:
    """Absolute names of all modules that a file imports, inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def imported_modules(path: Path) -> set[str]:
    """The project's own modules among them: of `from package import module` the module alone."""
    names = {name for name in imported(path) if name in MODULES}
    inner = {name.rpartition(".")[0] for name in names}
    packages = {name for name in inner & names if MODULES[name].name == "__init__.py"}
    return names - packages


def below(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def shared_files() -> list[Path]:
    """What more than one of host, worker and reports may import."""
    folders = ("bench/models", "bench/records", "bench/protocol")
    own = [path for path in (ROOT / "bench").glob("*.py") if path.name != "__main__.py"]
    return own + [path for folder in folders for path in files(folder)]


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [
        ("bench/host", ("bench.worker", "bench.suite", "impls", "reports")),
        ("bench/suite", ("bench.worker", "impls", "reports")),
        ("bench/worker", (*{*INTERNAL} - {"bench.worker", "bench.protocol"}, "reports")),
        ("reports", (*{*INTERNAL} - {"bench.records"}, "impls")),
        ("impls", (*INTERNAL, "reports")),
        ("bench/models", (*INTERNAL, "reports", "impls")),
        ("bench/records", ("bench.host", "bench.worker", "bench.suite", "reports", "impls")),
        ("bench/protocol", ("bench.host", "bench.worker", "bench.suite", "reports", "impls")),
    ],
)
def test_the_project_is_imported_in_one_direction(folder: str, forbidden: tuple[str, ...]) -> None:
    for path in files(folder):
        wrong = {name for name in imported(path) if below(name, forbidden)}
        assert not wrong, path


def entry(name: str, folder: str) -> str:
    """The file or folder directly in a folder that a module lies in."""
    return name.removeprefix(f"{folder}.").partition(".")[0] if name != folder else "__init__"


@pytest.mark.parametrize(
    "folder", sorted({name for name, path in MODULES.items() if path.name == "__init__.py"})
)
def test_no_two_entries_of_a_folder_import_each_other(folder: str) -> None:
    arrows: dict[str, set[str]] = defaultdict(set)
    for name in (one for one in MODULES if below(one, (folder,))):
        for other in imported_modules(MODULES[name]):
            if below(other, (folder,)) and entry(other, folder) != entry(name, folder):
                arrows[entry(name, folder)].add(entry(other, folder))
    TopologicalSorter(arrows).prepare()  # raises CycleError, which names a cycle


def test_no_module_is_part_of_a_cycle() -> None:
    arrows = {name: imported_modules(path) - {name} for name, path in MODULES.items()}
    TopologicalSorter(arrows).prepare()


@pytest.mark.parametrize("folder", ["bench", "reports"])
def test_no_source_outside_impls_imports_a_framework(folder: str) -> None:
    for path in files(folder):
        assert not {name.partition(".")[0] for name in imported(path)} & FRAMEWORKS, path


def test_what_is_shared_needs_the_standard_library_only() -> None:
    """But for records, which no worker imports: msgspec reads them by their types."""
    for path in shared_files():
        outside = {name.partition(".")[0] for name in imported(path)} - {"bench"}
        allowed = {"numpy"} if module_name(path) == LEVELS else set()
        if below(module_name(path), ("bench.records",)):
            allowed = {"msgspec"}
        assert outside <= sys.stdlib_module_names | allowed, path


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("bench.host.session.session", {"bench.worker", "impls", "reports", "pandas", *FRAMEWORKS}),
        ("bench.suite.conftest", {"bench.worker", "impls", "reports", "pandas", *FRAMEWORKS}),
        ("bench.worker.loop", {"bench.host", "reports", "pandas", "psutil", *FRAMEWORKS}),
        ("bench.worker.__main__", {"bench.host", "numpy", "reports", *FRAMEWORKS}),
        ("reports.__main__", {"bench.host", "bench.worker", "impls", *FRAMEWORKS}),
    ],
)
def test_a_process_loads_no_more_than_it_may(module: str, forbidden: set[str]) -> None:
    program = f"import sys, {module}; print(*sys.modules)"
    printed = subprocess.run(
        [sys.executable, "-P", "-c", program],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert module in printed
    assert not {name for name in printed if below(name, tuple(forbidden))}
