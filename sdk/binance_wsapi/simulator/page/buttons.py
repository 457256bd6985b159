"""The buttons of the page: what a person would press, each as the settings and faults that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["BUTTONS", "Button"]

Kind = Literal["", "meets", "strong", "calm"]


@dataclass(frozen=True, slots=True)
class Button:
    """One button.

    Attributes:
        makes: as `LocalExchange.make` takes them; "$symbol" and "$account" are those that the page shows.
        kind: `meets` waits for a request of the method that is chosen; the others are how it looks.
    """

    label: str
    makes: tuple[Mapping[str, Any], ...]
    kind: Kind = ""

    def as_json(self) -> dict[str, Any]:
        return {"label": self.label, "makes": list(self.makes), "kind": self.kind}


def _fault(label: str, kind: Kind, name: str, /, **params: Any) -> Button:
    return Button(label, ({"fault": name, **params},), kind)


def _setting(label: str, kind: Kind, name: str, /, **params: Any) -> Button:
    return Button(label, ({"setting": name, **params},), kind)


BUTTONS = (
    _fault("Cut the next reply", "meets", "cut", after_execution=True),
    _fault("Lose the next request", "meets", "cut", after_execution=False),
    _fault("Never answer the next", "meets", "drop"),
    _fault("Answer 12 s late", "meets", "delay", seconds=12),
    _fault("Answer twice", "meets", "double"),
    _fault("Refuse the next: -1001", "meets", "refuse", status=500, code=-1001, msg="Internal error."),
    _fault("Break the next reply", "meets", "break", kind="truncated"),
    _fault("Drop all connections", "strong", "cut_all"),
    _fault("Silence, half-open", "strong", "silence"),
    _fault("Announce a shutdown", "strong", "shutdown", lead=5),
    _fault("Refuse the next connection", "strong", "refuse_connects", status=503),
    _fault("Busy for 10 s", "strong", "busy", seconds=10),
    _fault("Deaf for 10 s", "strong", "deaf", seconds=10),
    _fault("No trading for 10 s", "strong", "maintenance", seconds=10),
    _fault("Ban for 30 s", "strong", "ban", seconds=30),
    _fault("Reset the exchange", "strong", "reset"),
    _fault("Lose the next event", "", "lose_events"),
    _fault("Send the next event twice", "", "double_events"),
    _fault("End user data", "", "terminate_subscriptions"),
    _fault("Clock jumps by 5 s", "", "clock", seconds=5),
    _fault("Queries lag 2 s", "", "lag", least=2, most=2),
    _setting("Halt the symbol", "", "status", symbol="$symbol", status="HALT"),
    _setting("Trade it again", "", "status", symbol="$symbol", status="TRADING"),
    _setting("Restrict the symbol", "", "account", account="$account", restricted=["$symbol"]),
    _setting("Disable the account", "", "account", account="$account", disabled=True),
    _setting("Allow the account all", "", "account", account="$account", disabled=False, can_trade=True, restricted=[]),
    _setting("Pay commission in BNB", "", "discount", account="$account"),
    Button("Heal everything", ({"fault": "heal"}, {"fault": "clear"}, {"fault": "lag"}), "calm"),
)
