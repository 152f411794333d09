"""The documents: their links lead somewhere."""

import re
from collections.abc import Iterator
from configparser import ConfigParser
from functools import cache
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.conftest import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
# How code, messages, tests and workflows name a page: by its path in the repository.
MENTION = re.compile(r"\bdocs/[\w./-]+\.(?:md|toml|yml|png|svg)\b")
SOURCE = re.compile(r"(?:bench|impls|reports|tests)/[\w./-]+")
MENTIONING = (".py", ".toml", ".ini", ".yml", ".md", ".html", ".cfg")


@cache
def tokens(path: Path) -> list[Token]:
    markdown = MarkdownIt("commonmark").enable("table")
    return markdown.parse(path.read_text(encoding="utf-8"))


def inline(path: Path) -> Iterator[Token]:
    for token in tokens(path):
        yield from token.children or ()


def links(path: Path) -> list[str]:
    """Return the targets of all links and pictures of a document, in order."""
    targets = [token.attrGet("href") or token.attrGet("src") for token in inline(path)]
    return [str(target) for target in targets if target is not None]


def anchors(path: Path) -> set[str]:
    """Return the anchors that GitHub gives a document's headings."""
    titles = [
        "".join(child.content for child in heading.children or ())
        for opening, heading in zip(tokens(path), tokens(path)[1:], strict=False)
        if opening.type == "heading_open"
    ]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def is_outside(target: str) -> bool:
    return re.match(r"[a-z]+:", target) is not None


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    broken = []
    for target in links(path):
        name, _, anchor = target.partition("#")
        destination = (path.parent / name).resolve() if name else path
        if is_outside(target):
            continue
        if not destination.exists() or (anchor and anchor not in anchors(destination)):
            broken.append(target)

    assert not broken


def test_a_broken_link_and_a_broken_anchor_are_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A `title`, and more\n\n[a](#a-title-and-more) ![b](b.png) [c](c.md#d)\n")

    assert links(page) == ["#a-title-and-more", "b.png", "c.md#d"]
    assert anchors(page) == {"a-title-and-more"}


def test_every_page_that_a_file_mentions_exists() -> None:
    missing = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in _sources()
        for name in MENTION.findall(path.read_text(encoding="utf-8"))
        if not (ROOT / name).exists()
    }
    assert not missing


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_source_that_a_document_names_exists(path: Path) -> None:
    code = [token.content for token in inline(path) if token.type == "code_inline"]
    names = [name for name in code if SOURCE.fullmatch(name)]
    assert not [name for name in names if not (ROOT / name).exists()]


def _sources() -> Iterator[Path]:
    yield from (path for path in ROOT.iterdir() if path.suffix in MENTIONING)
    for top in (".github", "bench", "docs", "impls", "reports", "tests"):
        yield from (
            path
            for path in (ROOT / top).rglob("*")
            if path.suffix in MENTIONING and path != Path(__file__).resolve()
        )


def commands(path: Path) -> list[str]:
    """Return the commands of a page, from code blocks and from code inside sentences, in order."""
    code = [token.content for token in (*tokens(path), *inline(path)) if "code" in token.type]
    lines = [line.strip() for content in code for line in content.splitlines()]
    return [line for line in lines if re.match(r"(tox|pip|python|git)\b", line)]


def headings(path: Path) -> list[str]:
    return [token.tag for token in tokens(path) if token.type == "heading_open"]


def test_both_readmes_have_the_same_headings_commands_and_links() -> None:
    english, chinese = ROOT / "README.md", ROOT / "README.zh-CN.md"

    assert headings(english) == headings(chinese)
    assert commands(english) == commands(chinese)
    assert {"pip install tox", "tox -e bench", "tox"} <= set(commands(english))
    assert links(english)[0] == chinese.name
    assert links(chinese)[0] == english.name
    assert links(english)[1:] == links(chinese)[1:]


def test_the_page_on_usage_names_every_tox_environment_and_every_plan() -> None:
    tox = ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini")
    environments = {name.removeprefix("testenv:") for name in tox if name.startswith("testenv:")}
    plans = {path.stem for path in (ROOT / "bench" / "plans").glob("*.toml")}
    named = " ".join(commands(ROOT / "docs" / "usage.md"))

    # `tox` alone runs the tests, `tox -e bench` the plan `quick`.
    missing = {name for name in environments if not re.search(rf"tox -e {name}\b", named)}
    assert missing == {"tests"}
    assert {name for name in plans if f"--plan {name}" not in named} == {"quick"}


def test_the_readme_is_a_page() -> None:
    for name in ("README.md", "README.zh-CN.md"):
        assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= 150


def tree_of(page: Path) -> set[str]:
    """Return the paths in the tree of the page on architecture; those of folders end in a slash."""
    tree = next(token.content for token in tokens(page) if token.type == "code_block")
    paths: set[str] = set()
    folders: dict[int, str] = {}
    for line in tree.splitlines():
        indent = len(line) - len(line.lstrip())
        above = next((folders[level] for level in sorted(folders)[::-1] if level < indent), "")
        for name in re.split(r"\s{2,}", line.strip())[0].split():
            if not re.fullmatch(r"[\w<>-]+(/|\.py|\.toml)", name):
                break
            paths.add(above + name)
            if name.endswith("/"):
                folders = {level: folders[level] for level in folders if level < indent}
                folders[indent] = above + name
    return paths


def test_the_page_on_architecture_has_the_tree_as_it_is() -> None:
    page = ROOT / "docs" / "architecture.md"
    frameworks = {path.parent.name for path in (ROOT / "impls").glob("*/framework.toml")}
    named = {
        path.replace("<framework>", framework) for path in tree_of(page) for framework in frameworks
    }
    folders = {
        f"{folder.relative_to(ROOT)}/"
        for top in ("bench", "impls", "reports")
        for folder in (ROOT / top, *(ROOT / top).rglob("*"))
        if any(path.is_file() for path in folder.glob("*.*")) and folder.name != "__pycache__"
    }

    assert not {path for path in named if not (ROOT / path).exists()}
    assert folders == {
        path
        for path in named
        if path.endswith("/") and path.startswith(("bench/", "impls/", "reports/"))
    }
    assert len(page.read_text(encoding="utf-8").splitlines()) <= 100
