"""What a comparison can be written as."""

from collections.abc import Callable

from reports.compare.document import to_json
from reports.compare.markdown import to_markdown
from reports.compare.outcome import CompareResult
from reports.compare.page import render

FORMS: dict[str, Callable[[CompareResult], str]] = {
    "markdown": to_markdown,
    "json": to_json,
    "html": render,
}
