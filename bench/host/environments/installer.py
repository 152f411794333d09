"""Runs uv, with the user's settings of pip handed on to it."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence

from bench.dependencies import explain_if_missing
from bench.errors import UnavailableError

# A variable that pip reads, uv's variable with the same meaning, and what stands between several
# values there (pip: white space).
PIP_TO_UV = (
    ("PIP_FIND_LINKS", "UV_FIND_LINKS", ","),
    ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", " "),
    ("PIP_EXTRA_INDEX_URL", "UV_INDEX", " "),
    ("PIP_NO_INDEX", "UV_NO_INDEX", " "),
    ("PIP_TRUSTED_HOST", "UV_INSECURE_HOST", " "),
    ("PIP_CERT", "SSL_CERT_FILE", " "),
)
SOURCES = ("UV_FIND_LINKS", "UV_DEFAULT_INDEX", "UV_INDEX", "UV_NO_INDEX")


def build_installer_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Build the environment for uv: the user's, and pip's settings where uv's are not set."""
    environment = dict(variables)
    for pip, uv_name, separator in PIP_TO_UV:
        if environment.get(pip) and uv_name not in environment:
            environment[uv_name] = separator.join(environment[pip].split())
    if environment.get("PIP_EXTRA_INDEX_URL") and "UV_INDEX_STRATEGY" not in environment:
        # pip takes the best version of all its indexes; uv would stop at the first that has any.
        environment["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    # Part of the caller's virtual environment, which is not the one to install into.
    environment.pop("VIRTUAL_ENV", None)
    return environment


def has_own_sources(environment: Mapping[str, str]) -> bool:
    """Tell whether the user named mirrors or local wheels."""
    return any(environment.get(name) for name in SOURCES)


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
