"""Pages from templates: everything is escaped, and nothing runs but the project's own script."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

import jinja2
from markupsafe import Markup

from reports.ranking.machines import Machine, build_machine_table
from reports.records import integrity
from reports.text.markup import render_table

TEMPLATES = Path(__file__).parent / "templates"
SCRIPT = "report.js"


@dataclass(frozen=True, kw_only=True)
class Page:
    """What every page has; a template takes one of these and nothing else.

    Attributes:
        kind: of page, such as report.
        alterations: one line for each thing that is not as its run wrote it.
        problems: one line for each thing in the files that the page leaves out.
        machine_table: properties of the machines, a column for each machine.
    """

    kind: str
    title: str
    alterations: tuple[str, ...]
    problems: tuple[str, ...]
    machine_table: Markup


def render_machines(machines: Iterable[Machine]) -> Markup:
    """Render the table of machines that every page has."""
    caption = "Machines, as the trials found them"
    return render_table(build_machine_table(machines), caption, "Property", "words")


def render_template(name: str, page: Page) -> str:
    """Render a page with its template."""
    script = (TEMPLATES / SCRIPT).read_text(encoding="utf-8")
    # A page's security policy knows its own script by this.
    digest = base64.b64encode(sha256(script.encode()).digest()).decode("ascii")
    template = _environment().get_template(name)
    return template.render(page=page, script=Markup(script), script_digest=digest)  # noqa: S704 - our file


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["alarm"] = {"title": integrity.TITLE, "warning": integrity.WARNING}
    return environment
