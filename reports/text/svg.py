"""Matplotlib figures as SVG elements for the inside of an HTML page; they name no URL."""

import io
import re
import warnings
from xml.etree import ElementTree

from markupsafe import Markup
from matplotlib.figure import Figure

# Colors that no figure uses otherwise, which stand for the page's own: they follow dark mode.
INK = "#010203"
RULE = "#040506"
# Where a page's own style is blocked, rules are grey.
PAGE_COLORS = {INK: "currentColor", RULE: "var(--rule, #9aa3ad)"}
# In pixels, where nothing else says it: a page's style does.
WIDTH = "512"

HREF = "{http://www.w3.org/1999/xlink}href"
REFERENCE = re.compile(r"#([\w.-]+)")


def to_svg(figure: Figure, name: str, description: str) -> Markup:
    """The figure as one `<svg>` element.

    Args:
        name: unique on the page, prefix of all its ids; letters, digits and hyphens.
        description: alternative text.
    """
    root = ElementTree.fromstring(_rendered(figure))  # noqa: S314 - written just now
    for parent in list(root.iter()):
        for child in list(parent):
            if _local(child.tag) in ("metadata", "style"):
                parent.remove(child)
    values = (value for element in root.iter() for value in element.attrib.values())
    used = {match for value in values for match in REFERENCE.findall(value)}
    for element in root.iter():
        _clean(element, name, used)
    view_box, label = root.get("viewBox", ""), drop_unprintable(description)
    root.attrib = {"viewBox": view_box, "width": WIDTH, "role": "img", "aria-label": label}
    return Markup(ElementTree.tostring(root, encoding="unicode"))  # noqa: S704 - escapes text


def drop_unprintable(text: str) -> str:
    """`text` without the characters that XML or a font cannot hold."""
    return "".join(character for character in text if character.isprintable())


def _rendered(figure: Figure) -> str:
    stream = io.StringIO()
    with warnings.catch_warnings():
        # The browser draws the text, so what Matplotlib's own font lacks is no loss.
        warnings.filterwarnings("ignore", message="Glyph")
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    return stream.getvalue()


def _clean(element: ElementTree.Element, name: str, used: set[str]) -> None:
    element.tag = _local(element.tag)
    identifier = element.attrib.pop("id", None)
    if identifier in used:
        element.set("id", f"{name}-{identifier}")
    if target := element.attrib.pop(HREF, None):
        element.set("href", f"#{name}-{target[1:]}")
    if clip := element.get("clip-path"):
        element.set("clip-path", clip.replace("#", f"#{name}-"))
    _style_by_attributes(element)


def _style_by_attributes(element: ElementTree.Element) -> None:
    """Turn a style into presentation attributes.

    A server may forbid inline styles, as Jenkins does for what it archives: without them all would
    be filled with black.
    """
    for declaration in element.attrib.pop("style", "").split(";"):
        name, _, value = declaration.partition(":")
        if name.strip():
            value = value.strip()
            element.set(name.strip(), PAGE_COLORS.get(value, value))


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
