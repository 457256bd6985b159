"""One scope of a shared store, told one report at a time."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from binance_wsapi.limits.shared.division import exchange
from binance_wsapi.limits.shared.records import ScopeState
from binance_wsapi.limits.shared.store import Ask, Reply, Report

__all__ = ["BEGIN", "KEY", "MINUTE", "NOW", "Shared"]

MINUTE = 28_333_334
"""A window, counted since the epoch."""
BEGIN = MINUTE * 60_000
NOW = BEGIN + 30_000
KEY = "REQUEST_WEIGHT 60000"


class Shared:
    """A scope of a store, and its processes.

    Args:
        own_ms: the store's own time, as far as it has one.
    """

    def __init__(self, own_ms: int | None = None) -> None:
        self.state = ScopeState("local:ip:x")
        self.own_ms = own_ms
        self.epoch = ""
        self.dead: Collection[str] = ()

    def tell(self, member: str, *, at: int = NOW, asks: list[Ask] | None = None, **more: Any) -> Reply:
        """Report for a process; words of `Ask` and of `Report` may be mixed."""
        fields = {key: more.pop(key) for key in list(more) if key in Ask.__struct_fields__}
        ask: dict[str, Any] = {
            "key": KEY, "limit": 1_000, "length": 60_000, "kept": 0, "held": 0, "share": 250,
        } | fields  # fmt: skip
        if "window" not in ask:
            ask["window"] = at // ask["length"]
        report = Report(
            "local:ip:x", member, member.upper(), at, more.pop("eps_ms", 0), [Ask(**ask)] if asks is None else asks,
            epoch=more.pop("epoch", self.epoch), **more,
        )  # fmt: skip
        reply = exchange(self.state, report, self.dead, self.own_ms)
        self.epoch = reply.epoch
        return reply

    def grant(self, member: str, want: int = 9_999, **more: Any) -> int:
        return self.tell(member, want=want, **more).grants[0].granted

    def room(self, member: str, **more: Any) -> int:
        return self.tell(member, **more).grants[0].room
