"""The variables that a plan hands on to its workers, and those that it cannot."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

from bench.errors import PlanError
from bench.host.frameworks.framework import Framework
from bench.host.frameworks.setup import PASSED_VARIABLES
from bench.host.toml_table import TomlTable
from bench.records.variables import format_variables, parse_variables

KEY = "environment"
NAME = re.compile("[A-Za-z_][A-Za-z0-9_]*")
# What rows of one comparison have to have in common, by the names' patterns; the first that fits.
OWNED: dict[tuple[str, ...], str] = {
    PASSED_VARIABLES: "every worker has as the run itself has them: set them where you start it",
    ("*THREADS", "*THREAD_LIMIT", "NPROC"): "--threads sets for all frameworks alike",
    ("*_VISIBLE_DEVICES", "JAX_PLATFORMS", "JAX_PLATFORM_NAME"): "--device decides",
    (
        *("NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE"),
        *("JAX_DEFAULT_MATMUL_PRECISION", "JAX_ENABLE_X64"),
    ): "the plan's 'precisions' decide",
    ("KERAS_BACKEND", "KERAS_HOME"): "samestep sets, so that what it verifies is what it times",
    (
        *("PYTHON*", "LD_*", "HOME", "USER", "LOGNAME", "SHELL", "PWD", "XDG_*", "LC_*", "TMP"),
        *("TEMP", "VIRTUAL_ENV", "SAMESTEP_*"),
    ): "samestep sets or leaves out, so that all workers run the same code and find the same files",
}


def read_environments(table: TomlTable, default: list[str]) -> list[str]:
    """Read the variables of a plan or of its trials: a table, or several for a row each.

    Raises:
        PlanError: a name or a value cannot be a variable's, or a name is not the user's to set.
    """
    expected = "a table such as { XLA_FLAGS = '...' }, or a list of such tables for a row each"
    tables = table.take_table_or_tables(KEY, expected)
    return default if tables is None else [_read_variables(each) for each in tables]


def _read_variables(table: TomlTable) -> str:
    variables = {}
    for name, text in table.take_all_texts().items():
        if not NAME.fullmatch(name):
            raise table.fail(name, text, "letters, digits and underscores as a variable's name")
        for patterns, reason in OWNED.items():
            if any(fnmatchcase(name, pattern) for pattern in patterns):
                names = ", ".join(patterns)
                raise table.fail(name, text, f"other variables than {names}, which {reason}")
        value = table.expand(name, text, "a value with $NAME for a variable and $$ for a dollar")
        if not value.isprintable():
            raise table.fail(name, text, "a value of printable characters")
        variables[name] = value
    return format_variables(variables)


def check_threads(path: Path, texts: Iterable[str], framework: Framework, device: str) -> None:
    """Refuse variables by which a framework, maybe one from outside, is told its threads.

    Raises:
        PlanError: one is in a text of `format_variables`.
    """
    requirements = framework.devices.get(device)
    owned = requirements.environment if requirements else {}
    for name in (name for text in texts for name in parse_variables(text)):
        if "{threads}" in owned.get(name, ""):
            raise PlanError(
                f"{path}: {KEY!r} has {name!r}, by which samestep tells {framework.title} its "
                "number of threads; expected other variables; use --threads."
            )
