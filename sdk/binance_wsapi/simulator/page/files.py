"""The files of the page as they are shipped: HTML, style, script, and the charts of uPlot (MIT, `uPlot.LICENSE`)."""

from __future__ import annotations

from pathlib import Path

__all__ = ["FILES", "read"]

_FOLDER = Path(__file__).parent / "assets"
FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/page/charts.js": ("charts.js", "text/javascript; charset=utf-8"),
    "/page/uPlot.js": ("uPlot.iife.min.js", "text/javascript; charset=utf-8"),
    "/page/uPlot.css": ("uPlot.min.css", "text/css; charset=utf-8"),
    "/page/uPlot.LICENSE": ("uPlot.LICENSE", "text/plain; charset=utf-8"),
    "/page/icon.svg": ("icon.svg", "image/svg+xml"),
}
"""Paths, with their files and media types."""


def read(path: str) -> tuple[bytes, str]:
    """Return a file and its media type.

    Raises:
        KeyError: there is no such path.
    """
    name, kind = FILES[path]
    return (_FOLDER / name).read_bytes(), kind
