"""What the benchmarks found: figures by contender and round, as a table, as JSON, and as a picture of latencies."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import statistics
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

__all__ = ["Figures", "has_fast", "machine"]

SVG = "http://www.w3.org/2000/svg"
LIGHT = ("#6e7781", "#0b5cd5", "#bc4c00", "#1a7f37", "#8250df", "#c62828")
DARK = ("#9198a1", "#6cb0ff", "#ffa657", "#4ac26b", "#d2a8ff", "#ff8a80")
CURVES = len(LIGHT)


def _strokes(colours: tuple[str, ...]) -> str:
    return "".join(f".c{index}{{stroke:{colour}}}" for index, colour in enumerate(colours))


PAPER = (
    f"<style>.paper{{fill:#fff}}.ink{{fill:#1f2328}}{_strokes(LIGHT)}"
    f"@media(prefers-color-scheme:dark){{.paper{{fill:#1e2129}}.ink{{fill:#e6edf3}}{_strokes(DARK)}}}</style>"
)
"""Colours of the picture's paper, axes and curves: dark where the reader's system is."""


def has_fast() -> bool:
    """Whether what the ``fast`` extra brings is installed."""
    return all(importlib.util.find_spec(name) is not None for name in ("picows", "uvloop"))


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return {
        "processor": model,
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
    }


@dataclass
class Figures:
    """Figures by contender and kind, one for each round."""

    found: dict[str, dict[str, list[float]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    took: dict[str, list[float]] = field(default_factory=dict)

    def note(self, name: str, kind: str, value: float) -> None:
        """Take a figure of this round."""
        self.found[name][kind].append(value)

    def latencies(self, name: str, took: list[float]) -> None:
        """Take the sorted seconds of single calls; the last round's are drawn."""
        self.took[name] = took

    def forget(self, name: str) -> None:
        """Leave a contender out that failed on the way."""
        self.found.pop(name, None)
        self.took.pop(name, None)

    def median(self, name: str, kind: str) -> float:
        """Return the median of the rounds."""
        return statistics.median(self.found[name][kind])

    def spread(self, name: str, kind: str) -> float:
        """Return half the distance between the outermost rounds, as a share of the median."""
        values = self.found[name][kind]
        return (max(values) - min(values)) / 2 / statistics.median(values)

    def ratio(self, name: str, other: str, kind: str) -> float:
        """Return the median of the ratios of each round."""
        pairs = zip(self.found[name][kind], self.found[other][kind], strict=True)
        return statistics.median(one / another for one, another in pairs)

    def difference(self, name: str, other: str, kind: str) -> float:
        """Return the median of the differences of each round."""
        pairs = zip(self.found[name][kind], self.found[other][kind], strict=True)
        return statistics.median(one - another for one, another in pairs)

    def to_json(self) -> str:
        """Return everything as JSON."""
        medians = {
            name: {kind: round(self.median(name, kind), 4) for kind in kinds} for name, kinds in self.found.items()
        }
        rounds = {
            name: {kind: [round(each, 4) for each in values] for kind, values in kinds.items()}
            for name, kinds in self.found.items()
        }
        return json.dumps({"machine": machine(), "median": medians, "rounds": rounds}, indent=1)

    def svg(self, names: list[str]) -> str:
        """Return a picture: what share of single calls took at most how long."""
        width, height, left, bottom = 720, 330, 50, 30
        most = max(self.took[name][int(len(self.took[name]) * 0.99)] for name in names) * 1e6
        rows = (len(names) + 1) // 2  # of the legend, which stands below the axis
        parts = [
            f'<svg xmlns="{SVG}" viewBox="-10 -10 {width + 40} {height + 24 + 22 * rows}" font-family="sans-serif">',
            PAPER,
            f'<rect class="paper" x="-10" y="-10" width="{width + 40}" height="{height + 24 + 22 * rows}"/>',
        ]
        for share in (0, 25, 50, 75, 100):
            y = (height - bottom) * (1 - share / 100) + 5
            parts.append(
                f'<path d="M{left} {y:.0f}H{width}" stroke="#888" stroke-opacity="0.4"/>'
                f'<text class="ink" x="0" y="{y + 4:.0f}">{share} %</text>'
            )
        for step in range(6):
            x = left + (width - left - 20) * step / 5
            parts.append(
                f'<text class="ink" text-anchor="middle" x="{x:.0f}" y="{height - 4}">{most * step / 5:.0f} µs</text>'
            )
        for index, name in enumerate(names):
            took = self.took[name]
            points = []
            for percent in range(100):
                value = took[int(len(took) * percent / 100)] * 1e6
                x = left + (width - left - 20) * min(value / most, 1.0)
                points.append(f"{x:.1f},{(height - bottom) * (1 - percent / 100) + 5:.1f}")
            line = f'class="curve c{index % CURVES}" fill="none" stroke-width="2"'
            parts.append(f'<polyline points="{" ".join(points)}" {line}/>')
            x, y = left + 330 * (index // rows), height + 20 + 22 * (index % rows)
            parts.append(
                f'<path d="M{x} {y}h26" {line}/><text class="ink" x="{x + 36}" y="{y + 5}">{escape(name)}</text>'
            )
        return "\n".join([*parts, "</svg>"])
