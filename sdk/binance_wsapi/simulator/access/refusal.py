"""How the exchange says no."""

from __future__ import annotations

from typing import Any

from binance_wsapi.simulator.engine import Refused

__all__ = ["Refusal", "bad", "unauthorized"]


class Refusal(Exception):
    """An error answer.

    Attributes:
        status: HTTP-like status of the envelope.
        code: the venue's error code.
        msg: the venue's message.
        data: what `error.data` holds, if anything.
        times: points in time that it holds as well, in microseconds: they are shown in the unit of the connection.
        close: the connection is closed behind the answer.
    """

    def __init__(
        self,
        status: int,
        code: int,
        msg: str,
        data: dict[str, Any] | None = None,
        *,
        times: dict[str, int] | None = None,
        close: bool = False,
    ) -> None:
        super().__init__(f"{status} {code} {msg}")
        self.status = status
        self.code = code
        self.msg = msg
        self.data = data
        self.times = times
        self.close = close

    @classmethod
    def of(cls, refused: Refused) -> Refusal:
        """Wrap what the engine said."""
        return cls(400, refused.code, refused.msg)

    def as_json(self, unit: int = 1000) -> dict[str, Any]:
        """Return the `error` of the envelope; `unit` divides microseconds to that of the connection."""
        error: dict[str, Any] = {"code": self.code, "msg": self.msg}
        if self.times is not None:
            error["data"] = {name: time // unit for name, time in self.times.items()}
        elif self.data is not None:
            error["data"] = self.data
        return error


def bad(code: int, msg: str) -> Refusal:
    """Return a refusal with status 400."""
    return Refusal(400, code, msg)


def unauthorized() -> Refusal:
    """Return the refusal of a key that may not do this.

    Status 401 is documented for a revoked key only; the same code is answered with it everywhere.
    """
    return Refusal(401, -2015, "Invalid API-key, IP, or permissions for action.")
