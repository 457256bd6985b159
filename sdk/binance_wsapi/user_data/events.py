"""What a consumer of user data holds: the events of one account, before and after they are subscribed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Never, TypeVar

from binance_wsapi.link.inbox import Inbox
from binance_wsapi.user_data.items import item_in_form
from binance_wsapi.user_data.parts import Events, Heard
from binance_wsapi.wire.border import at_border
from binance_wsapi.wire.forms import Form
from binance_wsapi.wire.misuse import EnteredByCoroutines

__all__ = ["AccountEvents", "UserDataContext"]

Item = TypeVar("Item")
"""An event of the product, or what is told beside them."""


@at_border
class UserDataContext(EnteredByCoroutines, Generic[Events]):
    """Events of an account that are not subscribed yet: entered with ``async with``."""

    __slots__ = ("_inner",)

    def __init__(self, inner: AbstractAsyncContextManager[Events]) -> None:
        self._inner = inner

    async def __aenter__(self) -> Events:
        return await self._inner.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        return await self._inner.__aexit__(kind, error, traceback)

    if not TYPE_CHECKING:

        def __aiter__(self) -> Never:
            raise self._enter_first("async for")


@at_border
class AccountEvents(Generic[Item]):
    """The events of one account, for one consumer.

    Args:
        inbox: where they come in.
        subscription: what they are of.
        form: how they are delivered.
    """

    def __init__(self, inbox: Inbox[Any], subscription: Heard, form: Form = "objects") -> None:
        self._form = form
        self._inbox = inbox
        self._subscription = subscription

    def __aiter__(self) -> AsyncIterator[Item]:
        return self

    async def __anext__(self) -> Item:
        item: Any = await self._inbox.get()
        if item is None:
            raise StopAsyncIteration
        formed: Item = item if self._form == "objects" else item_in_form(item, self._form)
        return formed

    @property
    def subscribed(self) -> bool:
        """Whether events come at present."""
        return self._subscription.subscribed

    @property
    def last_event_age(self) -> float | None:
        """Seconds since the venue sent an event of this account; None before the first."""
        heard = self._subscription.heard_at
        return None if heard is None else asyncio.get_running_loop().time() - heard
