"""pip's and uv's files, in a tree that the test owns."""

from pathlib import Path

import pytest

from bench.host.environments.installer import build_installer_environment, has_own_sources
from bench.host.environments.user_settings import names_own_index, read_pip_settings

INDEX = "https://mirror.example/simple"


def write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    "name", ["home/.config/pip/pip.conf", "home/.pip/pip.conf", "etc/pip.conf", "own/pip.conf"]
)
@pytest.mark.parametrize("table", ["global", "install"])
def test_an_index_in_any_file_of_pips_counts(tmp_path: Path, name: str, table: str) -> None:
    file = write(tmp_path / name, f"[{table}]\nindex_url = {INDEX}\n[list]\nformat = json\n")
    variables = {"HOME": str(tmp_path / "home")}
    if name.startswith("own"):
        variables["PIP_CONFIG_FILE"] = str(file)
    assert read_pip_settings(variables, tmp_path) == {
        "PIP_INDEX_URL": INDEX,
        **{key: value for key, value in variables.items() if key.startswith("PIP_")},
    }


def test_the_nearer_file_counts_more_and_a_variable_most(tmp_path: Path) -> None:
    write(tmp_path / "etc/pip.conf", "[global]\nindex-url = a\nfind-links = x\n  y\n")
    write(tmp_path / "home/.config/pip/pip.conf", "[global]\nindex-url = b\n")
    variables = {"HOME": str(tmp_path / "home")}
    settings = read_pip_settings(variables, tmp_path)
    assert settings == {"PIP_INDEX_URL": "b", "PIP_FIND_LINKS": "x\ny"}
    settings = read_pip_settings({**variables, "PIP_INDEX_URL": "c"}, tmp_path)
    assert settings["PIP_INDEX_URL"] == "c"
    assert read_pip_settings({**variables, "PIP_CONFIG_FILE": "/dev/null"}, tmp_path) == {
        "PIP_CONFIG_FILE": "/dev/null"
    }


def test_a_file_that_cannot_be_read_is_pips_matter(tmp_path: Path) -> None:
    write(tmp_path / "etc/pip.conf", "no table\n")
    assert read_pip_settings({}, tmp_path) == {}


def test_settings_of_a_file_reach_uv(tmp_path: Path) -> None:
    file = write(tmp_path / "pip.conf", f"[global]\nindex-url = {INDEX}\nfind-links = /a\n  /b\n")
    environment = build_installer_environment({"PIP_CONFIG_FILE": str(file)})
    assert environment["UV_DEFAULT_INDEX"] == INDEX
    assert environment["UV_FIND_LINKS"] == "/a,/b"
    assert has_own_sources(environment)
    # The older name is the user's own word too.
    older = build_installer_environment({"PIP_INDEX_URL": "x", "UV_INDEX_URL": INDEX})
    assert "UV_DEFAULT_INDEX" not in older
    assert has_own_sources(older)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (f'index-url = "{INDEX}"', True),
        (f'[[index]]\nurl = "{INDEX}"', True),
        (f'[pip]\nextra-index-url = ["{INDEX}"]', True),
        ("no-index = false", False),
        ("offline = true", False),
        ("not toml at all", False),
    ],
)
@pytest.mark.parametrize("place", ["home/.config/uv", "etc/uv", "etc/xdg/uv"])
def test_an_index_in_any_file_of_uvs_counts(
    tmp_path: Path, place: str, text: str, named: bool
) -> None:
    write(tmp_path / place / "uv.toml", text)
    variables = {"HOME": str(tmp_path / "home")}
    assert names_own_index(variables, tmp_path) is named
    assert not names_own_index({**variables, "UV_NO_CONFIG": "1"}, tmp_path)
    chosen = {**variables, "UV_CONFIG_FILE": str(write(tmp_path / "own.toml", 'index-url = "x"'))}
    assert names_own_index(chosen, tmp_path)


def test_uvs_folders_are_where_the_user_wants_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMESTEP_CACHE", str(tmp_path))
    environment = build_installer_environment({})
    assert environment["UV_CACHE_DIR"] == str(tmp_path / "uv")
    assert environment["UV_PYTHON_INSTALL_DIR"] == str(tmp_path / "pythons")
    own = build_installer_environment({"UV_CACHE_DIR": "/mine"})
    assert own["UV_CACHE_DIR"] == "/mine"
    monkeypatch.delenv("SAMESTEP_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert "UV_CACHE_DIR" not in build_installer_environment({})
