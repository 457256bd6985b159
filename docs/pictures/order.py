"""The life of an order: from the call to its end, as a live handle shows it."""

from __future__ import annotations

from draw import Picture


def draw() -> Picture:
    picture = Picture(
        "order",
        760,
        430,
        "States of an order: SENDING, then SENT or NOT_SENT; from SENT to NEW, REJECTED or IN_DOUBT; from IN_DOUBT by a "
        "proof to NEW, to an end, or to NOT_PLACED; from NEW to PARTIALLY_FILLED, FILLED, CANCELED or EXPIRED.",
    )
    width, height = 150, 46
    places = {
        "SENDING": (40, 50, "edge", "not a byte has left"),
        "SENT": (300, 50, "edge", "nothing was heard"),
        "NOT_SENT": (40, 160, "red", "a deadline, a limit"),
        "IN_DOUBT": (560, 50, "amber", "the reply is lost"),
        "NOT_PLACED": (560, 160, "red", "proven by the fence"),
        "REJECTED": (300, 160, "red", "the venue refused"),
        "NEW": (300, 270, "blue", "open at the venue"),
        "PARTIALLY_FILLED": (300, 364, "blue", "open, part executed"),
        "FILLED": (560, 364, "green", "all of it"),
        "CANCELED": (560, 270, "green", "or EXPIRED"),
    }
    for name, (x, y, colour, words) in places.items():
        picture.box(x, y, width, height, [name, words], colour)

    def side(name: str, where: str) -> tuple[float, float]:
        x, y, *_ = places[name]
        return {
            "left": (x, y + height / 2),
            "right": (x + width, y + height / 2),
            "top": (x + width / 2, y),
            "bottom": (x + width / 2, y + height),
        }[where]

    def go(first: tuple[float, float], last: tuple[float, float], label: str = "", colour: str = "edge") -> None:
        picture.line([first, last], colour, arrow=True)
        if label:
            (x1, y1), (x2, y2) = first, last
            across = abs(y1 - y2) < 1
            picture.text(
                (x1 + x2) / 2 + (0 if across else 8),
                (y1 + y2) / 2 - (11 if across else 0),
                label,
                "middle" if across else "start",
                small=True,
            )

    go(side("SENDING", "right"), side("SENT", "left"), "one frame")
    go(side("SENDING", "bottom"), side("NOT_SENT", "top"), "gave up")
    go(side("SENT", "right"), side("IN_DOUBT", "left"), "no reply", "amber")
    go(side("SENT", "bottom"), side("REJECTED", "top"), "refused")
    go(side("IN_DOUBT", "bottom"), side("NOT_PLACED", "top"), "verdict", "amber")
    go(side("NEW", "bottom"), side("PARTIALLY_FILLED", "top"), "fill")
    go(side("NEW", "right"), side("CANCELED", "left"), "ended")
    go((450, 394), (560, 394))
    picture.text(490, 404, "fill", "middle", small=True)
    picture.line([(450, 372), (530, 372), (530, 302), (560, 302)], "edge", arrow=True)
    picture.line([(340, 96), (340, 128), (270, 128), (270, 293), (300, 293)], "edge", arrow=True)
    picture.text(262, 240, "accepted", "end", small=True)
    picture.line([(700, 96), (735, 120), (735, 240), (412, 240), (412, 270)], "amber", arrow=True)
    picture.text(560, 229, "verdict: it is there", "middle", small=True)
    picture.text(40, 22, "A verdict is proven, so no end is ever left.", bold=True)
    picture.text(40, 300, "Red: there is no order.", colour="red", small=True)
    picture.text(40, 320, "Blue: open at the venue.", colour="blue", small=True)
    picture.text(40, 340, "Green: ended.", colour="green", small=True)
    picture.text(40, 360, "Amber: being found out.", colour="amber", small=True)
    return picture
