"""Listen tokens: permissions to hear one account for a limited time, without a key (margin trading, "listenToken").

`POST /sapi/v1/userListenToken` gives one, for the cross margin account or one isolated symbol of the account whose key
asks; `userDataStream.subscribe.listenToken` takes it, on a session that need not be logged on. Here the margin account of
`alice` is the account `alice:margin`, and the isolated one of a symbol `alice:BTCUSDT`; a key that is registered for such an
account trades on it, as the margin API does at the venue.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass

from binance_wsapi.simulator.access.refusal import bad

__all__ = ["LONGEST_VALIDITY_MS", "ListenToken", "ListenTokens", "margin_account"]

LONGEST_VALIDITY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class ListenToken:
    """One token.

    Attributes:
        account: name of the account it lets hear.
        expires_us: end of its validity, in microseconds.
    """

    token: str
    account: str
    expires_us: int


def margin_account(account: str, symbol: str | None = None) -> str:
    """Return the name of an account's cross margin account, or of the isolated one of a symbol."""
    return f"{account}:{symbol or 'margin'}"


class ListenTokens:
    """All tokens that were given.

    Args:
        random_bytes: so many bytes left to chance.
    """

    def __init__(self, random_bytes: Callable[[int], bytes]) -> None:
        self._random_bytes = random_bytes
        self._tokens: dict[str, ListenToken] = {}

    def create(self, account: str, now_us: int, validity_ms: int) -> ListenToken:
        """Give a token; those that have expired are forgotten.

        Raises:
            ValueError: validity_ms is not from 1 to 86,400,000.
        """
        if not 1 <= validity_ms <= LONGEST_VALIDITY_MS:
            raise ValueError(f"validity must be 1 to {LONGEST_VALIDITY_MS} milliseconds, got {validity_ms}")
        self._tokens = {name: each for name, each in self._tokens.items() if each.expires_us > now_us}
        token = base64.b64encode(self._random_bytes(51)).decode()
        found = self._tokens[token] = ListenToken(token, account, now_us + validity_ms * 1000)
        return found

    def find(self, token: str, now_us: int) -> ListenToken:
        """Return a valid token.

        Raises:
            Refusal: -1209, it is none or has expired.
        """
        found = self._tokens.get(token)
        if found is None or found.expires_us <= now_us:
            raise bad(-1209, "Invalid listen token.")
        return found
