"""Errors can be copied and pickled: a process pool hands them on so."""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal

import pytest

from binance_wsapi import errors
from binance_wsapi.errors import WsapiError, venue_error
from binance_wsapi.rules.findings import Violation

MADE = [
    errors.UsageError("no"),
    errors.RuleViolation("no", [Violation("LOT_SIZE", "quantity", "too fine")]),
    errors.ConnectFailed("no", 3),
    errors.LimitExceeded("no", 5),
    errors.Banned("no", 5),
    errors.NotFilled("no", "CANCELED", Decimal("0.1")),
    errors.ConnectionLost("no", 1001, "bye"),
    errors.UnreadableReply("no", b"{"),
    venue_error(400, -2010, "no"),
    venue_error(504, -1007, "no"),
    venue_error(429, -1003, "no", {"retryAfter": 5}),
    venue_error(409, -2021, "no", {"cancelResult": "SUCCESS"}),
]


@pytest.mark.parametrize("error", MADE, ids=lambda error: type(error).__name__)
def test_an_error_is_the_same_after_it_was_copied_or_pickled(error: WsapiError) -> None:
    error.about(method="order.place", client_order_id="abc")
    for again in (copy.copy(error), copy.deepcopy(error), pickle.loads(pickle.dumps(error))):
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert again.args == error.args
        assert vars(again) == vars(error)


def test_a_copy_of_a_doubt_can_be_resolved_and_a_pickle_of_one_can_be_made() -> None:
    async def resolve() -> None: ...

    error = errors.ReplyTimeout("no")
    error.resolve_with(resolve)
    assert vars(copy.copy(error)) == vars(error)
    assert type(pickle.loads(pickle.dumps(error))) is errors.ReplyTimeout
