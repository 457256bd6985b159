"""The way of an order through the layers: down once, up once."""

from __future__ import annotations

from draw import Picture

DOWN = (
    ("api", "names the endpoint and its parameters"),
    ("rules", "check_rules: refuses what a filter would"),
    ("orders", "gives ids, writes the intent down"),
    ("session", "waits for a connection of its priority"),
    ("limits", "waits for room, or refuses"),
    ("session", "stamps the time, signs with keys"),
    ("wire", "encodes one frame, parks one future"),
    ("link", "writes it to the socket"),
)
UP = (
    ("api", "the endpoint's model: OrderFull"),
    ("rules", "a refused filter: load them again"),
    ("orders", "closes the intent, or starts the search"),
    ("session", "a refusal becomes its error"),
    ("limits", "settles with the venue's own counts"),
    ("session", "the connection hands the envelope on"),
    ("wire", "decodes the envelope, finds the future"),
    ("link", "reads bytes in the loop's callback"),
)


def draw() -> Picture:
    """Draw it."""
    top, step, tall, box = 52, 48, 38, 330
    height = top + step * len(DOWN) + 50
    picture = Picture(
        "way", 760, height, "An order goes down: " + "; ".join(f"{a} {b}" for a, b in DOWN) + ". Its reply comes up."
    )
    picture.text(190, 18, "down: place_order(...)", "middle", bold=True)
    picture.text(570, 18, "up: the reply", "middle", bold=True)
    for number, ((layer, words), (_, back)) in enumerate(zip(DOWN, UP, strict=True)):
        y = top + number * step
        for x, text, colour in ((25, words, "blue"), (405, back, "green")):
            picture.box(x, y, box, tall, [], colour)
            picture.text(x + 12, y + tall / 2, layer, bold=True)
            picture.text(x + 82, y + tall / 2, text, small=True)
        if number:
            picture.line([(190, y - step + tall), (190, y)], "blue", arrow=True)
            picture.line([(570, y), (570, y - step + tall)], "green", arrow=True)
    bottom = top + step * len(DOWN)
    picture.line([(190, bottom - step + tall), (190, bottom + 14), (366, bottom + 14)], "blue", arrow=True)
    picture.line([(394, bottom + 14), (570, bottom + 14), (570, bottom - step + tall)], "green", arrow=True)
    picture.text(380, bottom + 32, "the venue", "middle", bold=True)
    picture.line([(190, 28), (190, top)], "blue", arrow=True)
    picture.line([(570, top), (570, 28)], "green", arrow=True)
    return picture
