"""``python -m tests.house.words``: find the sentences of `sdk` and `docs` that name no actor.

`make check` runs it. It prints each line that has such a word, and exits with 1 when a line is not in `ALLOWED`. The rule
and the glossary stand in `CONTRIBUTING.md`.
"""

from __future__ import annotations

import re
import sys
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


def main() -> int:
    """Print the lines that are not allowed."""
    paths = [
        *(ROOT / "sdk").rglob("*.py"),
        *(ROOT / "docs").rglob("*.md"),
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
    ]
    found = 0
    for path in sorted(paths):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            word = WORDS.search(line)
            if word and f"{path.relative_to(ROOT)}: {line.strip()}" not in ALLOWED:
                print(f"{path.relative_to(ROOT)}:{number}: {word[0]!r} names no actor: {line.strip()}")
                found += 1
    print(f"{found} lines name no actor")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
