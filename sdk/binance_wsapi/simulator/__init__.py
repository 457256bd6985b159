"""A spot exchange on your own machine, for tests and rehearsals: `LocalExchange`.

It speaks the venue's WebSocket API over a real socket, matches orders for real, and can be made to fail on purpose.
What it does not do is import anything of the client: a mistake shared by both sides would go unseen.
"""

from .clock import Clock
from .exchange import LocalExchange
from .faults import Action, Cut, Delay, Double, Drop, Faults, Garbage, Refuse
from .limits import LimitRules
from .truth import Frame, OrderTruth, TradeTruth, Truth

__all__ = [
    "LocalExchange",
    "Clock",
    "LimitRules",
    # what can go wrong
    "Faults",
    "Action",
    "Cut",
    "Delay",
    "Double",
    "Drop",
    "Garbage",
    "Refuse",
    # what really happened
    "Truth",
    "Frame",
    "OrderTruth",
    "TradeTruth",
]
