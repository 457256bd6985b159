"""Who the session speaks for, and what a private request carries to show it.

On a connection that is logged on a request carries a timestamp. On any other, on a connection that is logged on with
another key (the user has logged on anew, and it has not heard of that), and where the user names another key for one
request, it carries the key, the timestamp and a signature over all parameters (Request security).
"""

from __future__ import annotations

import asyncio
import inspect
from typing import Any, Final

from msgspec import UNSET

from binance_wsapi.errors import NotLoggedOn, NotSent, UnreadableReply, UsageError
from binance_wsapi.keys.payload import signing_payload, wire_params
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.link.settings import Settings
from binance_wsapi.session.connection import Connection
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.codec import Envelope, read_session_state
from binance_wsapi.wire.endpoint import Auth, Endpoint

__all__ = ["Credentials"]

# Names for the way of every call: an attribute of an Enum class is looked up in Python.
_NONE: Final = Auth.NONE
_SIGNATURE: Final = Auth.SIGNATURE
_SESSION: Final = Auth.SESSION
_LOGON: Final = Auth.LOGON


class Credentials:
    """The keys of a session.

    Attributes:
        key: signs private requests; None when the session is for public data only.
        logon: the key every connection logs on with; None when it cannot, or the user logged out.
        accepted: the key of the last logon that the venue confirmed; None before the first.
    """

    def __init__(self, key: Signer | AsyncSigner | None, settings: Settings) -> None:
        self.key = key
        self._local = _local(key)
        self.logon = key if key is not None and key.can_log_on else None
        self.accepted: Signer | AsyncSigner | None = None
        window = settings.recv_window
        self._recv_window = None if window is None else wire_params({"recvWindow": window})["recvWindow"]

    def for_logon(self, key: Signer | AsyncSigner | None) -> Signer | AsyncSigner:
        """Return this key, or the present one when there is none, if it can log on."""
        key = key or self.key
        if key is None:
            raise UsageError("session.logon needs a key: pass key=..., or make the client with one")
        _local(key)
        if not key.can_log_on:
            raise UsageError("key must be an Ed25519 key, which alone can log on (Session authentication)")
        return key

    def use(self, key: Signer | AsyncSigner | None) -> None:
        """Take the key with which the venue has confirmed a logon for all connections from now on; None after a logout."""
        self.logon = key
        if key is not None:
            self.key = key
            self._local = _local(key)

    def note(self, connection: Connection, envelope: Envelope, key: Signer | AsyncSigner | None) -> None:
        """Read the reply to a logon or logout, before anything private is sent on the strength of it.

        Args:
            connection: what was logged on or out.
            envelope: the reply.
            key: as whom; None of a logout.

        Raises:
            UnreadableReply: the venue says the connection is logged on with another key.
        """
        assert envelope.result is not UNSET
        said = read_session_state(envelope.result).apiKey
        if said != (None if key is None else key.api_key):
            connection.logged_on_as = None
            raise UnreadableReply("the venue says the connection belongs to another key than ours")
        connection.logged_on_as = key  # never its text: the object prints itself masked
        connection.refused = None
        self.accepted = key or self.accepted

    def stamp(
        self,
        connection: Connection,
        endpoint: Endpoint[Any],
        params: dict[str, Any],
        options: CallOptions,
        timestamp: int,
    ) -> tuple[dict[str, Any], AsyncSigner | None]:
        """Return the parameters with all that the request must carry on this connection.

        Returns:
            The parameters, and the key that has yet to sign them (`sign_elsewhere`); None where nothing is missing.

        Raises:
            UsageError: the method needs a key or a logon this session does not have.
            NotLoggedOn: the venue refused or revoked the key of this session.
        """
        auth, key = endpoint.auth, options.key
        if auth is _NONE:
            return params, None
        if auth is not _SIGNATURE and key is None:
            if connection.refused is not None:
                raise NotLoggedOn(
                    f"the venue does not accept the key of this session: {connection.refused.msg}"
                ) from connection.refused
            if auth is _LOGON:
                if connection.logged_on_as is None and self.logon is not None:
                    raise NotLoggedOn("the connection is being logged on: try again")
                if connection.logged_on_as is None:
                    raise UsageError(f"{endpoint.method} needs a logged-on session (an Ed25519 key)")
                return params, None
        key = key or self.key
        if key is None:
            raise UsageError(
                f"{endpoint.method} needs a key, and this client has none: make it with one, as SpotClient.testnet(key)"
            )
        request = dict(params)
        if self._recv_window is not None and "recvWindow" not in request:
            request["recvWindow"] = self._recv_window
        request["timestamp"] = timestamp
        if auth is _SESSION and options.key is None and (connection.logged_on_as is key or connection.stands_for(key)):
            return request, None
        # A protocol's isinstance looks at every attribute, so it is not asked again for the key of the session.
        local = self._local if key is self.key else _local(key)
        request["apiKey"] = key.api_key
        try:
            if local is None:
                assert isinstance(key, AsyncSigner)
                return request, key
            request["signature"] = local.sign(signing_payload(request))
        except BaseException:
            request = {}  # a traceback leads here; what was to be signed goes into none
            raise
        return request, None

    @staticmethod
    async def sign_elsewhere(request: dict[str, Any], key: AsyncSigner, deadline: float) -> dict[str, Any]:
        """Return the parameters with the signature of a key that is elsewhere.

        Raises:
            NotSent: it had not signed by the deadline.
        """
        try:
            async with asyncio.timeout_at(deadline) as limit:
                return request | {"signature": await key.sign_async(signing_payload(request))}
        except TimeoutError:
            request = {}
            if not limit.expired():
                raise  # the signer's own
            raise NotSent("the request was not signed before the deadline of the call") from None
        except BaseException:
            request = {}  # as above
            raise


def _local(key: Signer | AsyncSigner | None) -> Signer | None:
    """Return the key when it signs without waiting, else None.

    Raises:
        UsageError: it cannot sign in either way.
    """
    if key is None or isinstance(key, AsyncSigner):
        return None
    if inspect.iscoroutinefunction(getattr(key, "sign", None)):
        raise UsageError("key.sign must return the signature, got a coroutine: name it sign_async, and it is awaited")
    if not isinstance(key, Signer):
        raise UsageError(
            "key must be a key, as Ed25519Key or HmacKey, or a signer with api_key, can_log_on, and sign(payload) or the "
            f"coroutine sign_async(payload), got a {type(key).__name__}"
        )
    return key
