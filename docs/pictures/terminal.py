"""Pictures of the command line: what commands print at 80 columns, against a local exchange of their own, as SVG.

``make screenshots`` runs it. The numbers are those of the run; nothing is made up.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI, TerminalTheme
from rich.text import Text

IMAGES = Path(__file__).parents[1] / "images"
WIDTH = 80
COMMAND = [sys.executable, "-m", "binance_wsapi"]
SCREENS = {
    "cli-doctor": ["doctor"],
    "cli-order": [
        "order place BTCUSDT BUY LIMIT --quantity 0.002 --price 50000 --tif GTC",
        "orders",
        "balances BNB BTC USDT",
    ],
    "cli-book": ["book BTCUSDT --once", "limits"],
}  # file, and the commands it shows


def printed(line: str, environ: dict[str, str]) -> str:
    """Return what a command prints on a terminal of that width, colours included."""
    environ = {**environ, "COLUMNS": str(WIDTH), "FORCE_COLOR": "1", "TERM": "xterm-256color"}
    done = subprocess.run(  # noqa: S603 - the commands of this file
        [*COMMAND, *line.split()], env=environ, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


def picture(lines: list[str], environ: dict[str, str], theme: TerminalTheme) -> str:
    """Return an SVG of commands and of what they print."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for line in lines:
        console.print(Text(f"$ binance-wsapi {line}", style="bold"))
        console.print(Text.from_ansi(printed(line, environ).rstrip("\n")))
    drawn = console.export_svg(title="binance-wsapi", theme=theme, unique_id="terminal")
    drawn = re.sub(r"<!--.*?-->", "", drawn, flags=re.DOTALL)
    return re.sub(r"\s*@font-face \{.*?\n\s*\}", "", drawn, flags=re.DOTALL)  # which would be fetched from elsewhere


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        command = [*COMMAND, "exchange", "--json", "--port", "0", "--seed", "7", "--symbol", "BTCUSDT"]
        command += ["--directory", folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as exchange:  # noqa: S603 - our own
            try:
                assert exchange.stdout is not None
                told = json.loads(exchange.stdout.readline())
                environ = {
                    **os.environ,
                    **told["variables"],
                    "BINANCE_CONFIG": os.devnull,
                    "HOME": "/home/you",
                }
                for name, lines in SCREENS.items():
                    text = picture(lines, environ, MONOKAI).replace(folder, "~/.binance-wsapi")
                    (IMAGES / f"{name}.svg").write_text(text)
                    sys.stdout.write(f"docs/images/{name}.svg\n")
            finally:
                exchange.terminate()


if __name__ == "__main__":
    main()
