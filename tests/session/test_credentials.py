"""What a request carries to show who asks, on a connection that is logged on and on any other."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest

from binance_wsapi.errors import NotLoggedOn, UsageError
from binance_wsapi.keys import HmacKey
from binance_wsapi.keys.payload import signing_payload
from binance_wsapi.link.settings import Settings
from binance_wsapi.session.connection import Connection
from binance_wsapi.session.credentials import Credentials
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import Auth, Endpoint, Security
from tests.session.test_faults_in_virtual_time import KEY

SUBSCRIBE: Endpoint[dict[str, Any]] = Endpoint(
    "userDataStream.subscribe", dict[str, Any], security=Security.USER_STREAM, auth=Auth.LOGON
)


ORDER: Endpoint[dict[str, Any]] = Endpoint("order.place", dict[str, Any], security=Security.TRADE, auth=Auth.SESSION)
AT = 1_700_000_000_000
OTHER = HmacKey("h" * 64, "s" * 64)


def stamp(credentials: Credentials, logged_on_as: object) -> object:
    connection = cast("Connection", SimpleNamespace(refused=None, logged_on_as=logged_on_as))
    return credentials.stamp(connection, SUBSCRIBE, {}, CallOptions(), AT)


def test_what_needs_a_logon_waits_for_it_goes_out_bare_behind_it_and_is_refused_where_none_comes() -> None:
    settings = Settings()
    assert stamp(Credentials(KEY, settings), KEY) == ({}, None)
    with pytest.raises(NotLoggedOn, match="try again"):
        stamp(Credentials(KEY, settings), None)
    with pytest.raises(UsageError, match="needs a logged-on session"):
        stamp(Credentials(HmacKey("h" * 64, "s" * 64), settings), None)


def order(
    credentials: Credentials, params: dict[str, Any], key: HmacKey | None = None, *, logged_on_as: object = None
) -> dict[str, Any]:
    """Return what an order carries on a connection that is logged on as this key."""
    connection: Any = SimpleNamespace(refused=None, logged_on_as=logged_on_as)
    connection.stands_for = partial(Connection.stands_for, connection)
    request, elsewhere = credentials.stamp(connection, ORDER, params, CallOptions(key=key), AT)
    assert elsewhere is None
    return request


def test_the_window_of_the_settings_is_in_each_private_request_that_names_none() -> None:
    credentials = Credentials(KEY, Settings(recv_window=2_000))
    assert order(credentials, {}, logged_on_as=KEY) == {"recvWindow": 2_000, "timestamp": AT}
    assert order(credentials, {"recvWindow": 700}, logged_on_as=KEY) == {"recvWindow": 700, "timestamp": AT}


def test_a_request_is_bare_where_the_connection_is_logged_on_with_the_same_key_in_another_object() -> None:
    again = SimpleNamespace(api_key=KEY.api_key)
    assert order(Credentials(KEY, Settings()), {}, logged_on_as=again) == {"timestamp": AT}


@pytest.mark.parametrize("key", [None, OTHER])
def test_a_request_on_a_connection_without_a_logon_is_signed_by_the_key_that_it_names(key: HmacKey | None) -> None:
    request = order(Credentials(KEY, Settings(recv_window=None)), {"symbol": "BTCUSDT"}, key)
    signature = request.pop("signature")
    signer = key or KEY
    assert request == {"symbol": "BTCUSDT", "timestamp": AT, "apiKey": signer.api_key}
    assert signature == signer.sign(signing_payload(request))


class Waiting:
    """A signer whose `sign` has to be awaited."""

    api_key = "k" * 64
    can_log_on = True

    async def sign(self, payload: bytes) -> str:
        return payload.decode()


def test_a_logon_with_what_cannot_sign_is_refused_before_it_goes_out() -> None:
    with pytest.raises(UsageError, match="name it sign_async"):
        Credentials(KEY, Settings()).for_logon(cast("Any", Waiting()))
