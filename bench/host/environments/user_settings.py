"""What the user has set for pip and uv: variables, and files of both.

Sources: pip's "Configuration" (locations, their order, and `PIP_CONFIG_FILE`) and uv's
"Configuration files" and "Environment variables".
"""

import configparser
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

# Tables of pip.conf that count for `pip install`, the later ones more.
PIP_TABLES = ("global", "install")
# Those that say where packages come from, or whom to trust.
PIP_KEYS = ("index-url", "extra-index-url", "find-links", "no-index", "trusted-host", "cert")
# Keys of uv.toml, and of its table `pip`, that name a place of the user's own.
UV_KEYS = ("index", "index-url", "extra-index-url", "find-links", "no-index")
SYSTEM = Path("/")


def read_pip_settings(variables: Mapping[str, str], system: Path = SYSTEM) -> dict[str, str]:
    """Read pip's settings by the names of their variables; a variable counts more than a file."""
    settings: dict[str, str] = {}
    for file in _find_pip_files(variables, system):
        parser = configparser.RawConfigParser()
        try:
            parser.read(file, "utf-8")
        except (configparser.Error, UnicodeDecodeError):
            continue  # pip itself says what is wrong with it
        for table in filter(parser.has_section, PIP_TABLES):
            items = ((key.replace("_", "-"), text) for key, text in parser.items(table))
            settings |= {_to_variable(key): text for key, text in items if key in PIP_KEYS}
    return settings | {name: text for name, text in variables.items() if name.startswith("PIP_")}


def names_own_index(variables: Mapping[str, str], system: Path = SYSTEM) -> bool:
    """Tell whether a file of uv's names a place that packages come from."""
    return any(any(_find_keys(file)) for file in _find_uv_files(variables, system))


def _to_variable(key: str) -> str:
    return "PIP_" + key.upper().replace("-", "_")


def _find_pip_files(variables: Mapping[str, str], system: Path) -> Iterator[Path]:
    chosen = variables.get("PIP_CONFIG_FILE")
    if chosen == os.devnull:
        return
    for folder in reversed(variables.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")):
        yield system / folder.lstrip("/") / "pip" / "pip.conf"
    yield system / "etc" / "pip.conf"
    if home := variables.get("HOME"):
        yield Path(home) / ".pip" / "pip.conf"
        yield Path(variables.get("XDG_CONFIG_HOME") or Path(home) / ".config") / "pip" / "pip.conf"
    if environment := variables.get("VIRTUAL_ENV"):
        yield Path(environment) / "pip.conf"
    if chosen:
        yield Path(chosen)


def _find_uv_files(variables: Mapping[str, str], system: Path) -> Iterator[Path]:
    if variables.get("UV_NO_CONFIG"):
        return
    if chosen := variables.get("UV_CONFIG_FILE"):
        yield Path(chosen)
        return
    if home := variables.get("HOME"):
        yield Path(variables.get("XDG_CONFIG_HOME") or Path(home) / ".config") / "uv" / "uv.toml"
    for folder in variables.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":"):
        yield system / folder.lstrip("/") / "uv" / "uv.toml"
    yield system / "etc" / "uv" / "uv.toml"


def _find_keys(file: Path) -> Iterator[str]:
    try:
        document = tomllib.loads(file.read_text("utf-8-sig"))
    except (OSError, ValueError):  # uv itself says what is wrong with it
        return
    table = document.get("pip")
    for keys in (document, table if isinstance(table, dict) else {}):
        yield from (key for key in UV_KEYS if keys.get(key))
