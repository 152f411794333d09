"""What a comparison can be written as."""

from collections.abc import Callable

from reports.compare.document import document
from reports.compare.markdown import markdown
from reports.compare.outcome import Outcome
from reports.compare.page import render

FORMS: dict[str, Callable[[Outcome], str]] = {
    "markdown": markdown,
    "json": document,
    "html": render,
}
