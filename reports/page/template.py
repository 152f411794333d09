"""Pages from templates: everything is escaped, and nothing runs but the project's own script."""

import base64
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from bench.records.results import Record
from reports.ranking.machines import build_machine_table, find_machines
from reports.records.integrity import TITLE, WARNING
from reports.text.markup import render_table

TEMPLATES = Path(__file__).parent / "templates"
SCRIPT = "report.js"


def render_page(
    kind: str,
    title: str,
    records: Iterable[Record],
    alterations: Sequence[str],
    problems: Sequence[str],
    **values: Any,
) -> str:
    """Render a page with the template of its kind.

    Args:
        records: whose machines the page shows.
        alterations: one line for each thing that is not as its run wrote it.
        problems: one line for each thing in the files that the page leaves out.
        values: what only this kind of page has; the template names each.
    """
    script = (TEMPLATES / SCRIPT).read_text(encoding="utf-8")
    caption = "Machines, as the trials found them"
    machines = build_machine_table(find_machines(records))
    page = {
        "kind": kind,
        "title": title,
        "alterations": alterations,
        "problems": problems,
        "machine_table": render_table(machines, caption, "Property", "words"),
        # A page's security policy knows its own script by this.
        "script_digest": base64.b64encode(sha256(script.encode()).digest()).decode("ascii"),
    }
    template = _environment().get_template(f"{kind}.html")
    return template.render(page=page | values, script=Markup(script))  # noqa: S704 - our file


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["alarm"] = {"title": TITLE, "warning": WARNING}
    return environment
