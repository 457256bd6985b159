"""What a request carries to show who asks, on a connection that is logged on and on any other."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from binance_wsapi.errors import NotLoggedOn, UsageError
from binance_wsapi.keys import HmacKey
from binance_wsapi.link.settings import Settings
from binance_wsapi.session.connection import Connection
from binance_wsapi.session.credentials import Credentials
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import Auth, Endpoint, Security
from tests.session.test_faults_in_virtual_time import KEY

SUBSCRIBE: Endpoint[dict[str, Any]] = Endpoint(
    "userDataStream.subscribe", dict[str, Any], security=Security.USER_STREAM, auth=Auth.LOGON
)


def stamp(credentials: Credentials, logged_on_as: object) -> object:
    connection = cast("Connection", SimpleNamespace(refused=None, logged_on_as=logged_on_as))
    return credentials.stamp(connection, SUBSCRIBE, {}, CallOptions(), 1_700_000_000_000)


def test_what_needs_a_logon_waits_for_it_goes_out_bare_behind_it_and_is_refused_where_none_comes() -> None:
    settings = Settings()
    assert stamp(Credentials(KEY, settings), KEY) == ({}, None)
    with pytest.raises(NotLoggedOn, match="try again"):
        stamp(Credentials(KEY, settings), None)
    with pytest.raises(UsageError, match="needs a logged-on session"):
        stamp(Credentials(HmacKey("h" * 64, "s" * 64), settings), None)
