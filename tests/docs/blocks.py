"""The code blocks of the pages: where they stand, in which language, and what a marker says about running them.

A marker is a comment directly above a block, invisible to readers::

    <!-- run: for=30 -->

====================  ==============================================================================================
``for=SECONDS``       the block has no end of its own: it is cancelled after that many seconds of its event loop
``lose=METHOD``       the reply to the next request of this method is lost; the request was executed
``drop=METHOD``       the next request of this method is lost before it is executed
``raises=NAME``       the block ends with this error
``shows``             what it prints is the next block, numbers left out
``partly``            some of its lines are not reached by the test
``real``              runs on an event loop in real time: it needs threads, processes, files or TLS
``thread``            runs outside the event loop, as a script does
``file=NAME``         is written to a file of this name, and not run by itself
``pytest=NAME``       is a file of tests, and is run by pytest
``serves``            a command that runs until it is interrupted
``cells=N``           below it stands a table: the first code in column N of each row is run
``foreign``           a program for another client; ``make test-foreign`` has their environments
``venue``             needs the venue itself or another machine: its syntax is checked and it is not run
====================  ==============================================================================================

``<!-- page: market=manual -->`` anywhere on a page chooses the market of the exchange that its blocks run against.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
MARKS = {
    "cells", "for", "lose", "drop", "raises", "shows", "partly", "real", "thread", "file", "pytest", "serves", "foreign", "venue",
}  # fmt: skip
LANGUAGES = {"python", "console", "text", "toml", "ini", "dockerfile", "yaml", "json"}

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\S*)[^\n]*$")
_CODE = re.compile(r"`(?P<code>[^`]+)`")
_COLUMN = re.compile(r"(?<!\\)\|")
_MARKER = re.compile(r"^ *<!-- (?P<kind>run|page): (?P<words>.*) -->$")


@dataclass(frozen=True)
class Block:
    """One block of code.

    Args:
        page: the file it stands in, from the top of the repository.
        line: the line of its first line of code, counted from 1.
        language: the word after the fence.
        code: what is printed.
        marks: what the marker above it says.
    """

    page: str
    line: int
    language: str
    code: str
    marks: dict[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Page:
    """One page: its blocks, and what its own marker says."""

    name: str
    text: str
    blocks: tuple[Block, ...]
    marks: dict[str, str]

    def shown_by(self, block: Block) -> Block | None:
        """Return the block that says what this one prints."""
        if "shows" not in block.marks:
            return None
        shown = self.blocks[self.blocks.index(block) + 1]
        assert shown.language == "text", f"{block.place}: the next block is not what it prints"
        return shown

    def of(self, language: str) -> list[Block]:
        return [block for block in self.blocks if block.language == language]


def read(path: Path) -> Page:
    """Return a page with its blocks."""
    name = str(path.relative_to(ROOT))
    text = path.read_text()
    blocks: list[Block] = []
    page_marks: dict[str, str] = {}
    marks: dict[str, str] = {}
    inside: tuple[int, str, str] | None = None
    column = 0
    code: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        fence = _FENCE.match(line)
        if inside is not None:
            start, language, indent = inside
            if fence is not None and not fence["language"] and fence["indent"] == indent:
                blocks.append(Block(name, start, language, "\n".join(code) + "\n", marks))
                inside, code, marks = None, [], {}
            else:
                code.append(line.removeprefix(indent))
        elif fence is not None:
            inside = (number + 1, fence["language"], fence["indent"])
        elif marker := _MARKER.match(line):
            words = dict([*word.split("=", 1), ""][:2] for word in shlex.split(marker["words"]))
            if marker["kind"] == "page":
                page_marks = words
            elif "cells" in words:
                column = int(words["cells"])
            else:
                marks = words
        elif column and line.startswith("|"):
            if cell := _CODE.search(_COLUMN.split(line)[column]):
                blocks.append(Block(name, number, "python", cell["code"] + "\n"))
        elif line or (blocks and blocks[-1].line == number - 1):
            column = 0
    assert inside is None, f"{name}: a block has no end"
    assert not marks, f"{name}: a marker has no block below it"
    return Page(name, text, tuple(blocks), page_marks)


def pages() -> list[Page]:
    """Return the README and every page of the documentation."""
    return [read(ROOT / "README.md"), *(read(path) for path in sorted(DOCS.rglob("*.md")))]
