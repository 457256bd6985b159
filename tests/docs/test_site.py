"""What the strict build of the site would refuse is seen here within a second, without its packages."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from tests.docs.blocks import DOCS, ROOT, Page, pages

NAV = re.findall(r"^ +- ([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
LINK = re.compile(r"\]\((?P<target>[^)\s#]*)(?P<anchor>#[^)\s]*)?\)")
MADE = ("project/", "examples/")
"""Pages that are made of other files (docs/hooks.py)."""


def headings(path: Path) -> set[str]:
    """Return the anchors of a page."""
    text = re.sub(r"(?ms)^ *```.*?^ *```$", "", path.read_text())
    found = set()
    for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        plain = re.sub(r"[`*]|\]\([^)]*\)", "", title)
        found.add("#" + re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower()))
    return found


def test_every_page_is_in_the_navigation_once() -> None:
    ours = [place for place in NAV if not place.startswith(MADE)]
    assert sorted(ours) == sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md"))


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_the_links_of_a_page_lead_somewhere(page: Page) -> None:
    path = ROOT / page.name
    text = re.sub(r"(?ms)^ *```.*?^ *```$", "", path.read_text())
    for link in LINK.finditer(re.sub(r"`[^`]*`", "", text)):
        if link["target"].startswith("https://"):
            continue
        target = (path.parent / link["target"]).resolve() if link["target"] else path
        assert target.exists(), f"{page.name}: {link[0]}"
        if link["anchor"]:
            assert link["anchor"] in headings(target), f"{page.name}: {link[0]}"


def test_the_pictures_are_what_the_scripts_draw() -> None:
    """When the imports between layers change, the picture of the layers does, too: ``make pictures``."""
    spec = importlib.util.spec_from_file_location("make_pictures", DOCS / "pictures" / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    drawn = module.pictures()
    assert {path.name for path in (DOCS / "pictures").glob("*.svg")} == set(drawn)
    for name, text in drawn.items():
        assert (DOCS / "pictures" / name).read_text() == text, f"{name} is out of date: make pictures"


def test_a_picture_is_shown_on_a_page() -> None:
    shown = {name for page in pages() for name in re.findall(r"pictures/([\w-]+\.svg)", page.text)}
    assert shown == {path.name for path in (DOCS / "pictures").glob("*.svg")}
