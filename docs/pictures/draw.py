"""A few shapes of SVG, placed by hand: the same script draws the same bytes.

The site puts a picture into its page, where it takes the colours of the page. Looked at alone, it follows the system.
"""

from __future__ import annotations

from html import escape

COLOURS = {
    # name: (variable of the site, light, dark)
    "ink": ("--md-default-fg-color", "#1f2328", "#e6edf3"),
    "soft": ("--md-default-fg-color--light", "#59636e", "#9198a1"),
    "paper": ("--md-code-bg-color", "#f5f5f5", "#262a33"),
    "edge": ("--md-default-fg-color--lighter", "#a0a7b0", "#5a626d"),
    "blue": ("--picture-blue", "#3f51b5", "#8f9dff"),
    "green": ("--picture-green", "#1a7f37", "#4ac26b"),
    "red": ("--picture-red", "#c62828", "#ff8a80"),
    "amber": ("--picture-amber", "#9a6700", "#e3b341"),
}
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


class Picture:
    """One picture.

    Args:
        name: of its file, and of its style.
        width: in units of the drawing; a unit is a pixel on a wide screen.
        height: likewise.
        title: what it shows, for who cannot see it.
    """

    def __init__(self, name: str, width: float, height: float, title: str) -> None:
        self.name = name
        self._size = (width, height)
        self._title = title
        self._parts: list[str] = []

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        lines: list[str],
        colour: str = "edge",
        *,
        dashed: bool = False,
    ) -> None:
        """Draw a box with its lines of text in the middle; the first is bold."""
        self._parts.append(
            f'<rect class="box {colour}{" dashed" if dashed else ""}" x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" '
            f'height="{_n(height)}" rx="6"/>'
        )
        top = y + height / 2 - max(0, len(lines) - 1) * 8.5
        for number, line in enumerate(lines):
            self.text(x + width / 2, top + number * 17, line, "middle", bold=number == 0, small=number > 0)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        anchor: str = "start",
        colour: str = "",
        *,
        bold: bool = False,
        small: bool = False,
    ) -> None:
        """Write one line; ``y`` is its middle."""
        names = " ".join(name for name, on in (("bold", bold), ("small", small), (f"t-{colour}", colour)) if on)
        style = f' class="{names}"' if names else ""
        place = f'x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}"'
        self._parts.append(f"<text{style} {place}>{escape(text)}</text>")

    def line(
        self, points: list[tuple[float, float]], colour: str = "edge", *, arrow: bool = False, dashed: bool = False
    ) -> None:
        """Draw a line through the points, with a head at its end if asked for."""
        path = " ".join(f"{'M' if number == 0 else 'L'}{_n(x)} {_n(y)}" for number, (x, y) in enumerate(points))
        self._parts.append(f'<path class="line {colour}{" dashed" if dashed else ""}" d="{path}"/>')
        if arrow:
            self._head(points[-2], points[-1], colour)

    def curve(
        self, start: tuple[float, float], end: tuple[float, float], colour: str = "edge", *, head: bool = True
    ) -> None:
        """Draw an arrow that leaves and arrives upright."""
        (x1, y1), (x2, y2) = start, end
        middle = (y1 + y2) / 2
        path = f"M{_n(x1)} {_n(y1)} C{_n(x1)} {_n(middle)} {_n(x2)} {_n(middle)} {_n(x2)} {_n(y2)}"
        self._parts.append(f'<path class="line {colour}" d="{path}"/>')
        if head:
            self._head((x2, middle), end, colour)

    def _head(self, before: tuple[float, float], tip: tuple[float, float], colour: str) -> None:
        (x0, y0), (x, y) = before, tip
        length = max(1e-9, ((x - x0) ** 2 + (y - y0) ** 2) ** 0.5)
        dx, dy = (x - x0) / length, (y - y0) / length
        corners = [(x, y), (x - 8 * dx + 4 * dy, y - 8 * dy - 4 * dx), (x - 8 * dx - 4 * dy, y - 8 * dy + 4 * dx)]
        self._parts.append(
            f'<polygon class="head {colour}" points="{" ".join(f"{_n(a)},{_n(b)}" for a, b in corners)}"/>'
        )

    def area(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """Tint a part of the picture."""
        self._parts.append(
            f'<rect class="area {colour}" x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"/>'
        )

    def svg(self) -> str:
        """Return the picture as a file."""
        width, height = self._size
        own = f".picture-{self.name}"

        def rules(dark: bool) -> str:
            out = []
            for name, (variable, *shades) in COLOURS.items():
                value = f"var({variable}, {shades[dark]})"
                if name == "ink":
                    out.append(f"{own} text {{ fill: {value} }}")
                elif name == "soft":
                    out.append(f"{own} text.small {{ fill: {value} }}")
                elif name == "paper":
                    out.append(f"{own} .box {{ fill: {value} }}")
                else:
                    out.append(f"{own} .box.{name}, {own} .line.{name} {{ stroke: {value} }}")
                    out.append(f"{own} .head.{name}, {own} .area.{name}, {own} text.t-{name} {{ fill: {value} }}")
            return "\n".join(out)

        style = "\n".join(
            (
                f"{own} text {{ font: 13px {_FONT}; dominant-baseline: central }}",
                f"{own} .bold {{ font-weight: 600 }} {own} .small {{ font-size: 12px }}",
                f"{own} .box {{ stroke-width: 1.5 }} {own} .line {{ stroke-width: 1.5; fill: none }}",
                f"{own} .dashed {{ stroke-dasharray: 5 4 }} {own} .area {{ opacity: 0.13 }}",
                rules(False),
                f"@media (prefers-color-scheme: dark) {{\n{rules(True)}\n}}",
            )
        )
        body = "\n".join(self._parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="picture-{self.name}" viewBox="0 0 {_n(width)} {_n(height)}" '
            f'width="{_n(width)}" height="{_n(height)}" role="img">\n<title>{escape(self._title)}</title>\n'
            f"<style>\n{style}\n</style>\n{body}\n</svg>\n"
        )
