import os

import pytest

from bench.errors import UnavailableError
from bench.host.environments.installer import (
    build_installer_environment,
    has_own_sources,
    run_uv,
    shorten_message,
)


def test_pips_settings_become_uvs() -> None:
    environment = build_installer_environment(
        {
            "PIP_FIND_LINKS": "/wheels  /more",
            "PIP_INDEX_URL": "https://mirror.example/simple",
            "PIP_EXTRA_INDEX_URL": "https://a.example/simple https://b.example/simple",
            "PIP_CERT": "/etc/cert.pem",
        }
    )
    assert environment["UV_FIND_LINKS"] == "/wheels,/more"
    assert environment["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert environment["UV_INDEX"] == "https://a.example/simple https://b.example/simple"
    assert environment["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert environment["SSL_CERT_FILE"] == "/etc/cert.pem"


def test_uvs_own_settings_win() -> None:
    environment = build_installer_environment({"PIP_FIND_LINKS": "/pip", "UV_FIND_LINKS": "/uv"})
    assert environment["UV_FIND_LINKS"] == "/uv"


def test_the_callers_virtual_environment_is_not_the_target() -> None:
    assert "VIRTUAL_ENV" not in build_installer_environment({"VIRTUAL_ENV": "/mine"})


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"PIP_FIND_LINKS": "/w"}, True),
        ({"UV_INDEX_URL": "https://mirror.example"}, True),
        ({"PIP_NO_INDEX": "1"}, True),
        ({"PIP_NO_INDEX": "false"}, False),
        ({"PATH": "/bin"}, False),
    ],
)
def test_own_sources_are_seen(variables: dict[str, str], expected: bool) -> None:
    variables = {"PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1", **variables}
    assert has_own_sources(build_installer_environment(variables)) is expected


def test_uvs_message_comes_on_one_line() -> None:
    with pytest.raises(UnavailableError) as caught:
        run_uv(["pip", "install", "--python", "/no/such/python", "x"])
    assert "/no/such/python" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_long_message_keeps_its_beginning_and_its_cause() -> None:
    message = "error: a\n  \u2570\u2500\u25b6 b " + "x" * 500 + " No space left on device"
    line = shorten_message(message, most=60)
    assert line.startswith("error: a b xx")
    assert line.endswith("xx No space left on device")
    assert len(line) <= 63
