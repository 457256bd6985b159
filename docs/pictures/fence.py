"""The fence on a time line: what may still happen to an order whose reply was lost, and when "not found" is a proof."""

from __future__ import annotations

from draw import Picture

SECONDS = {"sent": 0, "window": 5, "engine": 15, "fence": 21}
"""Seconds after sending, with the venue's default receive window (docs/fence.md)."""


def draw() -> Picture:
    picture = Picture(
        "fence",
        760,
        250,
        "A time line. Until timestamp plus receive window the request may be forwarded; for ten seconds more the matching "
        "engine may decide it; for six seconds more the views may not show it. After that not found means not placed.",
    )

    def at(seconds: float) -> float:
        return 30 + seconds * 28

    spans = (
        ("sent", "window", "may be forwarded", "to the engine", "red"),
        ("window", "engine", "may be decided", "by the matching engine", "amber"),
        ("engine", "fence", "decided, perhaps", "not visible yet", "blue"),
    )
    for first, last, one, two, colour in spans:
        left, right = at(SECONDS[first]), at(SECONDS[last])
        picture.area(left, 70, right - left, 60, colour)
        picture.text((left + right) / 2, 91, one, "middle", colour, bold=True)
        picture.text((left + right) / 2, 109, two, "middle", small=True)
    right = at(SECONDS["fence"])
    picture.area(right, 70, 735 - right, 60, "green")
    picture.text((right + 735) / 2, 91, "not found =", "middle", "green", bold=True)
    picture.text((right + 735) / 2, 109, "not placed", "middle", "green", bold=True)

    picture.line([(20, 130), (745, 130)], "edge", arrow=True)
    for name, label in (
        ("sent", "timestamp"),
        ("window", "+ recvWindow"),
        ("engine", "+ 10 s"),
        ("fence", "+ 6 s: the fence"),
    ):
        x = at(SECONDS[name])
        picture.line([(x, 62), (x, 138)], "green" if name == "fence" else "edge")
        picture.text(x, 150, f"{SECONDS[name]} s", "middle", small=True)
        picture.text(x, 48, label, "start" if name == "sent" else "middle", bold=name == "fence")
    picture.text(745, 168, "the venue's clock", "end", small=True)

    picture.line([(at(0), 190), (at(21), 190)], "green")
    picture.text(
        at(0),
        206,
        "anything that bears the id shows at once that it was executed: reply, event, order.status",
        small=True,
    )
    picture.line([(at(21) + 8, 190), (at(24.4), 190)], "green", arrow=True)
    picture.text(735, 226, "two answers “not found” are the proof", "end", small=True)
    picture.text(30, 20, "An order was sent, its reply is lost. What may have happened?", bold=True)
    return picture
