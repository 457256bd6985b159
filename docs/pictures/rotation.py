"""Reconnect and rotation: two connections on a time line, once after a loss and once as planned."""

from __future__ import annotations

from draw import Picture


def draw() -> Picture:
    picture = Picture(
        "rotation",
        760,
        400,
        "Rotation: the successor is connected, logged on and subscribed before the old connection is left, which then "
        "brings the replies it owes. Reconnect: the connection is lost, calls in flight fail at once, the next connection "
        "restores the session, and what was missed is asked for.",
    )
    picture.text(20, 20, "Rotation: planned, before the venue's 24 hours or when it announces its end", bold=True)
    picture.text(20, 62, "old", small=True)
    picture.text(20, 112, "new", small=True)
    picture.area(60, 46, 440, 32, "blue")
    picture.line([(60, 62), (500, 62)], "blue")
    picture.area(300, 96, 60, 32, "amber")
    picture.area(360, 96, 380, 32, "blue")
    picture.line([(300, 112), (740, 112)], "blue", arrow=True)
    picture.text(190, 54, "calls", "middle", small=True)
    picture.text(430, 54, "replies it still owes", "middle", small=True)
    picture.text(550, 104, "calls", "middle", small=True)
    picture.line([(300, 40), (300, 136)], "edge", dashed=True)
    picture.line([(360, 40), (360, 136)], "green", dashed=True)
    picture.line([(500, 40), (500, 136)], "edge", dashed=True)
    picture.text(296, 148, "connect, log on,", "end", small=True)
    picture.text(296, 164, "sync, subscribe", "end", small=True)
    picture.text(364, 148, "ready: calls go here", colour="green", small=True)
    picture.text(364, 164, "events wait for the old one’s last", small=True)
    picture.text(504, 62, "closed", small=True)

    picture.line([(20, 192), (740, 192)], "edge", dashed=True)
    picture.text(20, 216, "Reconnect: the connection is lost", bold=True)
    picture.text(20, 258, "old", small=True)
    picture.text(20, 308, "new", small=True)
    picture.area(60, 242, 200, 32, "blue")
    picture.line([(60, 258), (260, 258)], "blue")
    picture.text(160, 250, "calls", "middle", small=True)
    picture.area(370, 292, 60, 32, "amber")
    picture.area(430, 292, 310, 32, "blue")
    picture.line([(370, 308), (740, 308)], "blue", arrow=True)
    picture.text(610, 300, "calls", "middle", small=True)
    picture.line([(270, 236), (270, 332)], "red", dashed=True)
    picture.text(270, 258, "✕", "middle", colour="red", bold=True)
    picture.line([(430, 236), (430, 332)], "green", dashed=True)
    picture.text(266, 344, "in flight: fail in that moment", "end", "red", small=True)
    picture.text(266, 360, "OutcomeUnknown, resolved later", "end", small=True)
    picture.text(352, 248, "a random pause,", "middle", small=True)
    picture.text(352, 264, "longer each time", "middle", small=True)
    picture.text(434, 344, "ready: waiting calls go out, reads are asked again", colour="green", small=True)
    picture.text(434, 360, "missed user data is asked for: recovered", small=True)
    picture.text(434, 376, "streams tell a StreamGap where it belongs", small=True)
    return picture
