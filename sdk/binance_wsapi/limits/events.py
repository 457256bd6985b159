"""What the limits tell their user: values handed to the ``on_event`` callable."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

__all__ = [
    "BanLatched",
    "LimitEvent",
    "LimitState",
    "StoreLost",
    "StoreMended",
    "StoreReturned",
    "WaitEnded",
    "WaitStarted",
]


class WaitStarted(msgspec.Struct, frozen=True, gc=False):
    """A request begins to wait.

    Args:
        method: wire name; ``connect`` for a connection attempt.
        limit: what it waits for, ``ORDERS 10 SECOND`` for instance, or ``ban`` or ``queue``.
        retry_at: when there may be room, in milliseconds of the venue's clock; None when only a reply can tell.
    """

    method: str
    limit: str
    retry_at: int | None


class WaitEnded(msgspec.Struct, frozen=True, gc=False):
    """A request waits no longer.

    Args:
        method: wire name; ``connect`` for a connection attempt.
        waited: seconds.
        admitted: whether it may be sent; False when its deadline came first or its caller gave up.
    """

    method: str
    waited: float
    admitted: bool


class BanLatched(msgspec.Struct, frozen=True, gc=False):
    """The venue said to stay away.

    Args:
        scope: ``ip`` for everything from this address, ``account`` for what adds unfilled orders, ``connect``.
        status: the status that said so; 0 when another process was told.
        until: milliseconds of the venue's clock.
    """

    scope: str
    status: int
    until: int


class StoreLost(msgspec.Struct, frozen=True, gc=False):
    """The shared store does not answer: this process keeps to its static share until it does.

    Args:
        reason: what happened.
        processes: the limit is divided by this.
    """

    reason: str
    processes: int


class StoreMended(msgspec.Struct, frozen=True, gc=False):
    """The shared store held something that could not be read. It was set aside, and the store begins anew.

    Args:
        reason: what was found, and where it is now.
    """

    reason: str


class StoreReturned(msgspec.Struct, frozen=True, gc=False):
    """The shared store answers again.

    Args:
        away: seconds it was away.
    """

    away: float


LimitEvent: TypeAlias = WaitStarted | WaitEnded | BanLatched | StoreLost | StoreMended | StoreReturned


class LimitState(msgspec.Struct, frozen=True, gc=False):
    """One limit as it stands.

    Args:
        type: ``REQUEST_WEIGHT``, ``ORDERS`` or ``CONNECTIONS``.
        interval: the venue's name of the interval.
        interval_num: how many intervals a window lasts.
        limit: most that a window may hold.
        used: what the present window holds at most, requests in flight left out.
        reserved: what is in flight from this process.
        resets_at: when the next window starts, in milliseconds of the venue's clock.
        banned_until: until when the venue wants nothing of this kind; None when it does not mind.
    """

    type: str
    interval: str
    interval_num: int
    limit: int
    used: int
    reserved: int
    resets_at: int
    banned_until: int | None = None
