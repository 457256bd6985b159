"""``python -m tests.house.words``: find the sentences of `sdk` and `docs`, and the names of tests, that name no actor.

`make check` runs it. It prints each line that has such a word, and exits with 1 when a line is not in `ALLOWED`. The rule
and the glossary stand in `CONTRIBUTING.md`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORDS = re.compile(
    r"\b(whoever|whomever|whatever|nobody|somebody|everybody|anybody|no one|someone|everyone|anyone|those who|one that|"
    r"one who|he who|whichever)\b",
    re.IGNORECASE,
)
ALLOWED: dict[str, str] = {
    # "path: line": the reason
}


def lines() -> Iterator[tuple[Path, int, str, str]]:
    """Return path, number, line and the text to look at."""
    for path in sorted(
        [
            *(ROOT / "sdk").rglob("*.py"),
            *(ROOT / "docs").rglob("*.md"),
            ROOT / "README.md",
            ROOT / "CONTRIBUTING.md",
        ]
    ):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            yield path, number, line, line
    for path in sorted((ROOT / "tests").rglob("*.py")):
        yield path, 0, path.name, path.stem.replace("_", " ")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if (name := re.match(r"\s*(?:async )?def (test_\w+)", line)) is not None:
                yield path, number, line, name[1].replace("_", " ")


def main() -> int:
    """Print the lines that are not allowed."""
    found = 0
    for path, number, line, text in lines():
        word = WORDS.search(text)
        if word and f"{path.relative_to(ROOT)}: {line.strip()}" not in ALLOWED:
            print(f"{path.relative_to(ROOT)}:{number}: {word[0]!r} names no actor: {line.strip()}")
            found += 1
    print(f"{found} lines name no actor")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
