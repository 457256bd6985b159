"""A spot exchange on your own machine, for tests and rehearsals: `LocalExchange`.

It speaks the venue's WebSocket API over a real socket, matches orders for real, and can be made to fail on purpose.
What it does not do is import anything of the client: a mistake shared by both sides would go unseen.
"""

from .clock import Clock
from .dump import DumpError
from .exchange import LocalExchange
from .fault_words import FaultError
from .faults import Action, Break, Cut, Delay, Double, Drop, Faults, Fragment, Garbage, Raw, Refuse, Upgrade
from .limits import LimitRules
from .listing import LISTINGS, Listing
from .scenario import Scenario, ScenarioError
from .tape_market import Tape
from .truth import Frame, OrderTruth, TradeTruth, Truth

__all__ = [
    "LocalExchange",
    "Clock",
    "LimitRules",
    # what is traded, and by whom
    "LISTINGS",
    "DumpError",
    "Listing",
    "Tape",
    # what can go wrong
    "Faults",
    "Action",
    "Break",
    "Cut",
    "Delay",
    "Double",
    "Drop",
    "Fragment",
    "Garbage",
    "Raw",
    "Refuse",
    "FaultError",
    "Scenario",
    "ScenarioError",
    "Upgrade",
    # what really happened
    "Truth",
    "Frame",
    "OrderTruth",
    "TradeTruth",
]
