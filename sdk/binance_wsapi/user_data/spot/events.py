"""What a consumer of Spot's user data gets."""

from __future__ import annotations

from typing import TypeAlias

from binance_wsapi.link.inbox import Overflow
from binance_wsapi.models.spot.events import UserDataEvent
from binance_wsapi.user_data.events import AccountEvents
from binance_wsapi.user_data.items import Gap, Repaired

__all__ = ["Item", "UserDataEvents"]

Item: TypeAlias = UserDataEvent | Gap | Repaired | Overflow


class UserDataEvents(AccountEvents[Item]):
    """The events of one account, for one consumer.

    An async iterator of events, those marked ``recovered`` included; of `Repaired` where the stream was interrupted and
    what was missed has been found; of `Gap` where something could not be; and of `Overflow` where this consumer was too
    slow. It ends when its context is left or the client is closed, and raises when the subscription ended for good.
    """
