"""Runs uv, with the user's settings of pip handed on to it."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence

from bench.dependencies import explain_if_missing
from bench.errors import UnavailableError
from bench.host.environments.user_settings import names_own_index, read_pip_settings
from bench.records.cache_folder import get_cache_folder, uses_home_cache

# A variable that pip reads, uv's variable with the same meaning, and what stands between several
# values there (pip: white space).
PIP_TO_UV = (
    ("PIP_FIND_LINKS", "UV_FIND_LINKS", ","),
    ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", " "),
    ("PIP_EXTRA_INDEX_URL", "UV_INDEX", " "),
    ("PIP_TRUSTED_HOST", "UV_INSECURE_HOST", " "),
    ("PIP_CERT", "SSL_CERT_FILE", " "),
)
SOURCES = (
    *("UV_FIND_LINKS", "UV_DEFAULT_INDEX", "UV_INDEX"),
    # Their older names.
    *("UV_INDEX_URL", "UV_EXTRA_INDEX_URL"),
)
# What pip takes for yes.
TRUE = ("1", "true", "yes", "y", "on", "t")
# Uv's variable with an older name, which uv takes where the other is not there.
OLDER_NAMES = {"UV_DEFAULT_INDEX": "UV_INDEX_URL", "UV_INDEX": "UV_EXTRA_INDEX_URL"}
# Folders that uv has in the user's home unless it is told otherwise.
UV_FOLDERS = {"UV_CACHE_DIR": "uv", "UV_PYTHON_INSTALL_DIR": "pythons"}


def build_installer_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Build the environment for uv: the user's, and pip's settings where uv's are not set.

    Where the user has chosen a cache folder, or the home cannot be used, uv's own folders are there
    too: a disk with room, and one file system for what is linked.
    """
    environment = dict(variables)
    settings = read_pip_settings(variables)
    for pip, uv_name, separator in PIP_TO_UV:
        is_set = uv_name in environment or OLDER_NAMES.get(uv_name) in environment
        if settings.get(pip) and not is_set:
            environment[uv_name] = separator.join(settings[pip].split())
    if settings.get("PIP_EXTRA_INDEX_URL") and "UV_INDEX_STRATEGY" not in environment:
        # pip takes the best version of all its indexes; uv would stop at the first that has any.
        environment["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    if not uses_home_cache():
        for name, folder in UV_FOLDERS.items():
            environment.setdefault(name, str(get_cache_folder() / folder))
    # Part of the caller's virtual environment, which is not the one to install into.
    environment.pop("VIRTUAL_ENV", None)
    return environment


def has_own_sources(environment: Mapping[str, str]) -> bool:
    """Tell whether the user named mirrors or local wheels, by variables or in uv's own files."""
    named = any(environment.get(name) for name in SOURCES) or names_own_index(environment)
    return named or bool(list_install_options(environment))


def list_install_options(variables: Mapping[str, str]) -> list[str]:
    """List the options of `uv pip install` for what uv 0.13 has no variable for."""
    text = read_pip_settings(variables).get("PIP_NO_INDEX", "")
    return ["--no-index"] if text.lower() in TRUE else []


def find_uv() -> str:
    """Find the path of uv.

    Raises:
        UnavailableError: it is not installed.
    """
    # Not above: where every framework has an interpreter already, nobody needs it.
    what, instead = "An environment of its own", "name an interpreter with --python"
    with explain_if_missing("uv", what, instead, UnavailableError):
        import uv

    return uv.find_uv_bin()


def run_uv(arguments: Sequence[str], variables: Mapping[str, str] = os.environ) -> None:
    """Run uv.

    Raises:
        UnavailableError: it is not installed, or failed; the message is uv's own, on one line.
    """
    finished = subprocess.run(
        [find_uv(), "--quiet", *arguments],
        env=build_installer_environment(variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if finished.returncode != 0:
        raise UnavailableError(shorten_message(finished.stderr) or "uv failed without a word")


def shorten_message(text: str, most: int = 400) -> str:
    """Shorten a message of uv's to one line of about `most` characters, without its drawings.

    Where it is longer the middle goes: uv names what it did first and the cause last.
    """
    line = re.sub(r"[│├╰─▶\u00d7\s]+", " ", text).strip()
    if len(line) <= most:
        return line
    return f"{line[: most // 3]} … {line[-2 * most // 3 :]}"
