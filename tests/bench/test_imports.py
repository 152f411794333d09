"""The direction of imports: who may import whom, by the source and in a running process."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

FRAMEWORKS = {"torch", "tensorflow", "keras", "mxnet", "jax", "flax"}
SHARED_CORE = (
    "bench.anonymous",
    "bench.ceilings",
    "bench.certificate",
    "bench.chain",
    "bench.digests",
    "bench.errors",
    "bench.git",
    "bench.job",
    "bench.layers",
    "bench.manifest",
    "bench.models",
    "bench.operations",
    "bench.optimizer",
    "bench.optional",
    "bench.pairs",
    "bench.results",
    "bench.spec",
    "bench.verification",
)
# What host and reports share beside it: it needs NumPy.
LEVELS = "bench.levels"
REQUIRED = "bench.required"  # what is installed


def imported(path: Path) -> set[str]:
    """Absolute names of all modules that a file imports, inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def below(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def files(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found
    return found


def project_imports(folder: str) -> dict[str, set[str]]:
    return {
        str(path.relative_to(ROOT)): {
            name for name in imported(path) if below(name, ("bench", "impls", "reports"))
        }
        for path in files(folder)
    }


@pytest.mark.parametrize(
    ("folder", "allowed"),
    [
        ("bench/host", ("bench.host", LEVELS, REQUIRED, *SHARED_CORE)),
        ("bench/worker", ("bench.worker", "impls", *SHARED_CORE)),
        ("bench/models", SHARED_CORE),
        ("bench/suite", ("bench.suite", "bench.host", *SHARED_CORE)),
        ("reports", ("reports", LEVELS, REQUIRED, *SHARED_CORE)),
        ("impls", ("impls", *SHARED_CORE)),
    ],
)
def test_the_project_is_imported_in_one_direction(folder: str, allowed: tuple[str, ...]) -> None:
    for path, names in project_imports(folder).items():
        # `from bench import x` shows as bench and bench.x; the latter tells.
        wrong = {name for name in names if not below(name, allowed)} - {"bench"}
        assert not wrong, path


@pytest.mark.parametrize("folder", ["bench", "reports"])
def test_no_source_outside_impls_imports_a_framework(folder: str) -> None:
    for path in files(folder):
        assert not {name.partition(".")[0] for name in imported(path)} & FRAMEWORKS, path


def test_the_shared_core_needs_the_standard_library_only() -> None:
    for name in SHARED_CORE:
        base = ROOT / name.replace(".", "/")
        for path in (
            [base.with_suffix(".py")]
            if base.with_suffix(".py").exists()
            else files(name.replace(".", "/"))
        ):
            outside = {one.partition(".")[0] for one in imported(path)} - {"bench"}
            assert outside <= sys.stdlib_module_names, path


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("bench.host.session", {"bench.worker", "impls", "reports", "pandas", *FRAMEWORKS}),
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
