"""What a consumer of user data holds: the events of one account, before and after they are subscribed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Never

from binance_wsapi.link.inbox import Inbox
from binance_wsapi.models.spot.events import UserDataEvent
from binance_wsapi.user_data.items import Gap, Item, Repaired, item_in_form
from binance_wsapi.user_data.subscription import AccountSubscription
from binance_wsapi.wire.border import at_border
from binance_wsapi.wire.forms import Form
from binance_wsapi.wire.misuse import EnteredByCoroutines

__all__ = ["UserDataContext", "UserDataEvents"]


@at_border
class UserDataContext(EnteredByCoroutines):
    """Events of an account that are not subscribed yet: entered with ``async with``."""

    __slots__ = ("_inner",)

    def __init__(self, inner: AbstractAsyncContextManager[UserDataEvents]) -> None:
        self._inner = inner

    async def __aenter__(self) -> UserDataEvents:
        return await self._inner.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        return await self._inner.__aexit__(kind, error, traceback)

    if not TYPE_CHECKING:

        def __aiter__(self) -> Never:
            raise self._enter_first("async for")


@at_border
class UserDataEvents:
    """The events of one account, for one consumer.

    An async iterator of events, those marked ``recovered`` included; of `Repaired` where the stream was interrupted and
    what was missed has been found; of `Gap` where something could not be; and of `Overflow` where this consumer was too
    slow. It ends when its context is left or the client is closed, and raises when the subscription ended for good.
    """

    def __init__(
        self, inbox: Inbox[UserDataEvent | Gap | Repaired], subscription: AccountSubscription, form: Form = "objects"
    ) -> None:
        self._form = form
        self._inbox = inbox
        self._subscription = subscription

    def __aiter__(self) -> AsyncIterator[Item]:
        return self

    async def __anext__(self) -> Item:
        item = await self._inbox.get()
        if item is None:
            raise StopAsyncIteration
        return item if self._form == "objects" else item_in_form(item, self._form)

    @property
    def subscribed(self) -> bool:
        """Whether events come at present."""
        return self._subscription.subscribed

    @property
    def last_event_age(self) -> float | None:
        """Seconds since the venue sent an event of this account; None before the first."""
        heard = self._subscription.heard_at
        return None if heard is None else asyncio.get_running_loop().time() - heard
