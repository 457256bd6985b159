"""User data: what happens to an account, as an async iterator that outlives connections and has no gaps. See `feed`."""

from __future__ import annotations

from binance_wsapi.user_data.feed import UserData
from binance_wsapi.user_data.items import Gap, Repaired
from binance_wsapi.user_data.spot.events import UserDataEvents
from binance_wsapi.user_data.tokens import ListenToken

__all__ = ["Gap", "ListenToken", "Repaired", "UserData", "UserDataEvents"]
