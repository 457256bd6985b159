"""What `SpotClient.stats` reads: counters that the layers keep anyway, put together at one moment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from binance_wsapi.link.lifecycle import Opened, RotationEnded
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.observability.stats import ClientStats
from binance_wsapi.orders.tracked_caller import TrackedCaller
from binance_wsapi.orders.trade.keeper import TradeKeeper
from binance_wsapi.session.session import Session
from binance_wsapi.user_data import UserData

if TYPE_CHECKING:
    from binance_wsapi.streams import MarketStreams

__all__ = ["read_stats"]


def read_stats(
    session: Session,
    runtime: Runtime,
    tracked: TrackedCaller,
    trades: TradeKeeper,
    user_data: UserData[Any, Any],
    streams: Iterable[MarketStreams],
) -> ClientStats:
    """Return how a client is doing now. Raises `UsageError` where it is not started."""
    clock = session.clock
    now = session.monotonic()
    wall_ms = runtime.wall() * 1000.0
    present = session.connections.all()
    counts = session.counts
    opened, rotations = counts[Opened], counts[RotationEnded]
    heard = [each.heard_at for each in present if each.heard_at >= 0]
    ages: dict[str, float | None] = {}
    for each in streams:
        for route in list(each.routes.values()):  # another thread may ask
            ages[route.name] = None if route.heard_at is None else now - route.heard_at
    events = user_data.heard_at
    return ClientStats(
        queue_to_wire=session.timings.queued,
        wire_to_reply=session.timings.replied,
        clock_offset_ms=clock.now_ms(now) - wall_ms,
        clock_error_ms=clock.error_ms(now),
        limits=tuple(session.limiter.snapshot()),
        connections=sum(each.usable for each in present),
        opened=opened,
        reconnects=max(0, opened - rotations - session.connections.wanted),
        rotations=rotations,
        pending=sum(each.pending for each in present),
        doubts=tracked.in_doubt,
        handles=len(trades.live),
        message_age=now - max(heard) if heard else None,
        user_data_age=None if events is None else now - events,
        stream_ages=ages,
        oddities=session.connections.oddities,
    )
