"""Pages from templates: everything is escaped, and nothing runs but the project's own script."""

import base64
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from reports.runs import alterations

TEMPLATES = Path(__file__).parent / "templates"
SCRIPT = "report.js"


def render_template(name: str, **content: Any) -> str:
    """The page that a template makes of what it is given."""
    script = (TEMPLATES / SCRIPT).read_text(encoding="utf-8")
    return (
        _environment()
        .get_template(name)
        .render(
            **content,
            alterations=alterations,
            script=Markup(script),  # noqa: S704 - a file of the project's own
            script_digest=_digest(script),
        )
    )


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _digest(script: str) -> str:
    """What a page's security policy knows its own script by."""
    return base64.b64encode(sha256(script.encode()).digest()).decode("ascii")
