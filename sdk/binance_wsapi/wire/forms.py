"""In which form results and events reach the user: as objects, as plain dictionaries, or as the bytes the venue sent.

One name everywhere: ``form="objects"``, the default; ``"dicts"``, what `json.loads` makes of the bytes; ``"bytes"``, the
JSON as it came. It is an argument of a client, of a subscription of market streams and of a subscription of user data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, Literal, TypeAlias, TypeVar

import msgspec

from binance_wsapi.errors import UsageError, shown
from binance_wsapi.wire.caller import DEFAULT, Caller, CallOptions
from binance_wsapi.wire.endpoint import Endpoint, Params, Security

__all__ = ["Form", "FormCaller", "check_form", "in_form"]

R = TypeVar("R")

Form: TypeAlias = Literal["objects", "dicts", "bytes"]
"""How results and events are delivered."""

_MOST: Final = 1_024

_decode: Final = msgspec.json.Decoder().decode
_whole: Final = msgspec.json.Decoder(msgspec.Raw).decode


def check_form(form: Any) -> None:
    """Check a form as a user named it.

    Raises:
        UsageError: there is none of this name.
    """
    if form not in ("objects", "dicts", "bytes"):
        raise UsageError(f"form must be 'objects', 'dicts' or 'bytes', got {shown(form)}")


def in_form(data: bytes, form: Form) -> Any:
    """Return JSON as a dictionary or list, or as it is."""
    return data if form == "bytes" else _decode(data)


class _Plain:
    """The type of a result that is not made an object."""

    def __init__(self, form: Form) -> None:
        self._form = form

    def reader(self, *, many: bool = False) -> Callable[[bytes, bool], Any]:
        assert not many
        form = self._form

        def read(data: bytes, _microseconds: bool) -> Any:
            if form == "dicts":
                return _decode(data)
            _whole(data)  # what is handed on is JSON, whole
            return data

        return read


class FormCaller:
    """A `Caller` that delivers results as dictionaries or bytes.

    What is asked of the market is never made an object. A result about the account is, since the layers below follow orders
    by it, and is delivered in the form that was asked for.

    Args:
        caller: makes the call.
        form: of the results.
    """

    def __init__(self, caller: Caller, form: Form) -> None:
        self._caller = caller
        self._form = form
        self._kind = _Plain(form)
        self._plain: dict[Endpoint[Any], Endpoint[Any]] = {}

    async def call(self, endpoint: Endpoint[R], params: Params, options: CallOptions = DEFAULT) -> R:
        """Make the call. See `Caller.call`. What it returns is of this form, and not what the endpoint says."""
        if endpoint.security is Security.NONE:
            found: R = await self._caller.call(self._plain_of(endpoint), params, options)
            return found
        told: list[bytes] = []
        options = CallOptions(options.timeout, options.key, options.sent, told.append)
        result = await self._caller.call(endpoint, params, options)
        # Where the reply was lost and the order found by a question, there are no bytes of a reply.
        data = told[-1] if told else msgspec.json.encode(getattr(result, "raw", None))
        formed: R = in_form(data, self._form)
        return formed

    def _plain_of(self, endpoint: Endpoint[Any]) -> Endpoint[Any]:
        """Return the method with results that are not made objects."""
        plain = self._plain.get(endpoint)
        if plain is None:
            if len(self._plain) >= _MOST:  # endpoints made for one call each, by `client.call("any.method")`
                self._plain.clear()
            choose = endpoint.choose

            def choose_plain(data: bytes) -> Any:
                if choose is not None:
                    choose(data)  # it may say that the bytes are an error
                return self._kind

            plain = self._plain[endpoint] = replace(endpoint, choose=choose_plain)
        return plain
