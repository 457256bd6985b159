"""What is particular to the accounts of Spot, bound for what hears them, asks about them and keeps them."""

from __future__ import annotations

from functools import partial
from typing import Final

from binance_wsapi.models.spot.events import EventStreamTerminated, UnknownEvent, decode_event
from binance_wsapi.user_data.parts import AccountParts
from binance_wsapi.user_data.spot.account_view import AccountCache
from binance_wsapi.user_data.spot.events import UserDataEvents
from binance_wsapi.user_data.spot.merge.account_merge import AccountMerge
from binance_wsapi.user_data.spot.questions import SpotQuestions
from binance_wsapi.wire.order_calls import AccountCalls

__all__ = ["spot_parts"]

TOLD_BY_VIEWS: Final = frozenset({"executionReport", "listStatus", "outboundAccountPosition"})
"""Events whose contents the views tell, too."""


def spot_parts(calls: AccountCalls) -> AccountParts[UserDataEvents, AccountCache]:
    """Return how accounts of Spot are heard, asked about and kept, by these methods."""
    return AccountParts(
        subscribe=calls.subscribe,
        subscribe_signature=calls.subscribe_signature,
        unsubscribe=calls.unsubscribe,
        decode=decode_event,
        ends=EventStreamTerminated,
        unread=UnknownEvent,
        told_by_views=TOLD_BY_VIEWS,
        questions=partial(SpotQuestions, calls),
        merge=AccountMerge,
        view=AccountCache,
        events=UserDataEvents,
    )
