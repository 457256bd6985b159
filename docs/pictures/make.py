"""Draw every picture anew: ``make pictures``. A test compares them with the files."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import fence
import layers
import order
import rotation
import way

HERE = Path(__file__).parent


def pictures() -> dict[str, str]:
    """Return every picture by the name of its file."""
    made = [layers.draw(), order.draw(), fence.draw(), rotation.draw(), way.draw()]
    return {f"{each.name}.svg": each.svg() for each in made}


if __name__ == "__main__":
    for name, text in pictures().items():
        (HERE / name).write_text(text)
        sys.stdout.write(f"{name}\n")
