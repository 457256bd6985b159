"""Results of the authentication and user data stream requests."""

from __future__ import annotations

from binance_wsapi.models.base import Time, VenueModel

__all__ = ["SessionInfo", "SubscriptionInfo", "TokenSubscription"]


class SessionInfo(VenueModel):
    """Whom a connection stands for."""

    api_key: str | None
    authorized_since: Time | None
    connected_since: Time
    return_rate_limits: bool
    server_time: Time
    user_data_stream: bool | None = None

    def __repr__(self) -> str:
        """The API key is not shown in full."""
        key = None if self.api_key is None else f"{self.api_key[:4]}…{self.api_key[-4:]}"
        return f"SessionInfo(api_key={key!r}, authorized_since={self.authorized_since!r})"

    __str__ = __repr__


class SubscriptionInfo(VenueModel):
    """A user data subscription of a connection."""

    subscription_id: int


class TokenSubscription(SubscriptionInfo):
    """A user data subscription by a listen token.

    Attributes:
        expiration_time: as the venue sends it; its sample has microseconds on a connection in milliseconds.
    """

    expiration_time: int
