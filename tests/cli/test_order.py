"""Orders from a terminal: what the exchange has afterwards, and what the exit code says."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from binance_wsapi.cli import order as module
from binance_wsapi.cli.app import app
from binance_wsapi.cli.shared.run import Run
from binance_wsapi.errors import OutcomeUnknown, UsageError, venue_error
from binance_wsapi.orders.fate.fence import Evidence, Outcome, Verdict
from binance_wsapi.simulator import Cut, Refuse
from tests.cli.conftest import Terminal


def true_orders(terminal: Terminal) -> list[Any]:
    return terminal.served.do(lambda exchange: list(exchange.truth.all_orders()))


def test_an_order_is_placed_amended_shown_and_cancelled(terminal: Terminal) -> None:
    terminal.run("order place btcusdt buy limit -q 0.0100 -p 59000.00 --id mine-1")
    (true,) = [each for each in true_orders(terminal) if each.client_order_id == "mine-1"]
    assert true.is_open
    assert "59000" in terminal.run("order status BTCUSDT --id mine-1").stdout
    amended = terminal.run("order amend BTCUSDT 0.005 --id mine-1").stdout
    (renamed,) = [each for each in true_orders(terminal) if each.order_id == true.order_id]
    assert renamed.client_order_id != "mine-1"
    assert renamed.client_order_id in amended.replace("\n", "")
    state = terminal.json(f"order status BTCUSDT --order-id {true.order_id}")
    assert Decimal(state["origQty"]) == Decimal("0.005")
    assert "Cancelled" in terminal.run(f"order cancel BTCUSDT --order-id {true.order_id}").stdout
    assert not any(each.is_open for each in true_orders(terminal) if each.client_order_id)
    assert terminal.json("orders") == []


def test_a_refusal_by_wire_name_names_the_order_and_not_the_request(terminal: Terminal) -> None:
    for line, told in (
        ("order.cancel symbol=BTCUSDT origClientOrderId=gone-1", "gone-1"),
        ("order.cancel symbol=BTCUSDT orderId=7", None),
        ("order.amend.keepPriority symbol=BTCUSDT origClientOrderId=gone-2 newQty=1", "gone-2"),
        ("openOrders.cancelAll symbol=BTCUSDT", None),
        ("order.place symbol=BTCUSDT side=BUY type=LIMIT newClientOrderId=mine-9", "mine-9"),
    ):
        refused = json.loads(terminal.run(f"call {line} --json", code=1).stderr)
        assert (refused["code"] < 0, refused.get("client_order_id")) == (True, told), line


def test_an_order_that_is_undecided_is_not_called_never_executed() -> None:
    told: list[str] = []

    async def verdict() -> Verdict:
        return Verdict(Outcome.UNDECIDED, Evidence.QUERY, "mine-1")

    async def lost() -> None:
        error = OutcomeUnknown("no reply")
        error.resolve_with(verdict)
        raise error

    with pytest.raises(OutcomeUnknown):
        asyncio.run(module._settled(cast("Run", SimpleNamespace(tell=told.append)), lost(), "BTCUSDT", "mine-1"))
    assert "look at the account" in told[-1]


def test_cancel_all_takes_every_order_of_the_symbol(terminal: Terminal) -> None:
    for price in ("59000", "58000"):
        terminal.run(f"order place BTCUSDT BUY LIMIT -q 0.01 -p {price}")
    assert len(terminal.json("order cancel-all BTCUSDT")) == 2
    assert terminal.json("orders") == []


def test_cancel_all_with_nothing_open_says_so_and_has_done_what_was_asked(terminal: Terminal) -> None:
    done = terminal.run("order cancel-all ethusdt")
    assert done.stdout == "Nothing was open on ETHUSDT.\n"
    assert done.stderr == ""
    told = terminal.run("order cancel-all ETHUSDT --json")
    assert json.loads(told.stdout) == []
    assert json.loads(told.stderr) == {
        "notes": ["nothing was open on ETHUSDT: the venue answered -2011 Unknown order sent."]
    }


def test_cancel_all_that_the_venue_refuses_for_another_reason_has_exit_code_1(terminal: Terminal) -> None:
    terminal.run("order place BTCUSDT BUY LIMIT -q 0.01 -p 59000")
    terminal.served.do(
        lambda exchange: exchange.faults.next(Refuse(400, -2011, "Market is closed."), "openOrders.cancelAll")
    )
    refused = terminal.run("order cancel-all BTCUSDT", code=1)
    assert "Market is closed." in refused.stderr
    assert refused.stdout == ""
    assert any(each.is_open for each in true_orders(terminal))


def test_an_order_is_tested_and_not_placed(terminal: Terminal) -> None:
    before = len(true_orders(terminal))
    assert "maker 0.001" in terminal.run("order test BTCUSDT BUY LIMIT -q 0.01 -p 59000").stdout
    assert len(true_orders(terminal)) == before


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("order place BTCUSDT BUY LIMT -q 1 -p 1", "did you mean LIMIT"),
        ("order place BTCUSDT BY LIMIT -q 1 -p 1", "SIDE must be one of BUY, SELL"),
        ("order place BTCUSDT BYU LIMIT -q 1 -p 1", "did you mean BUY?"),
        ("order place BTCUSDT BUY STOP_MARKET -q 1", "LIMIT_MAKER, got 'STOP_MARKET'\n"),
        ("order place BTCUSDT BUY LIMIT -q 1 -p 1 --tif GTX", "one of GTC, IOC, FOK, got 'GTX'\n"),
        ("order place BTCUSDT BUY MARKET", "-q NUMBER, or --quote NUMBER"),
        ("order place BTCUSDT BUY LIMIT -q 1", "-p NUMBER"),
        ("order place BTCUSDT BUY LIMIT -q nan -p 1", "--quantity must be a number above 0"),
        ("order place BTCUSDT BUY LIMIT -q 1 -p x", "--price must be a number"),
        ("order place BTCUSDT BUY LIMIT -q 1 -p 1 --tif NOW", "--tif must be one of"),
        ("order place BTCUSDT BUY LIMIT -q 0.000000001 -p 1", "LOT_SIZE"),
        ("order cancel BTCUSDT", "name the order"),
        ("order status BTCUSDT --id a --order-id 1", "name the order"),
    ],
)
def test_what_is_wrong_as_written_is_told_with_exit_code_2_and_not_sent(
    line: str, told: str, terminal: Terminal
) -> None:
    before = len(true_orders(terminal))
    assert told in terminal.run(line, code=2).stderr
    assert len(true_orders(terminal)) == before


def test_a_refusal_has_exit_code_1_and_is_json_for_programs(terminal: Terminal) -> None:
    refused = terminal.run("order cancel BTCUSDT --id nothing --json", code=1)
    told = json.loads(refused.stderr)
    assert (told["code"], told["client_order_id"]) == (-2011, "nothing"), "the cancel has an id of its own"
    assert "client_order_id" not in json.loads(terminal.run("order cancel BTCUSDT --order-id 9 --json", code=1).stderr)
    assert refused.stdout == ""


def test_a_lost_reply_is_followed_to_its_end(terminal: Terminal) -> None:
    terminal.served.do(lambda exchange: exchange.faults.next(Cut(after_execution=True), method="order.place"))
    done = terminal.run("order place BTCUSDT BUY MARKET -q 0.01 --id lost-1 --json")
    (note,) = json.loads(done.stderr)["notes"]
    assert "The reply was lost" in note
    assert "lost-1" in note
    assert "Do not send it again" in note
    assert sum(each.client_order_id == "lost-1" for each in true_orders(terminal)) == 1


def test_an_order_that_stays_in_doubt_has_exit_code_4(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FENCE_WAIT_S", 0.05)
    terminal.served.do(lambda exchange: exchange.faults.next(Cut(after_execution=False), method="order.place"))
    done = terminal.run("order place BTCUSDT BUY MARKET -q 0.01 --id doubt-1 --json", code=4)
    told = json.loads(done.stderr)
    assert told["client_order_id"] == "doubt-1"
    assert "The reply was lost" in told["notes"][0]


def test_an_id_that_is_taken_is_no_lost_reply(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FENCE_WAIT_S", 0.05)
    place = ["order", "place", "BTCUSDT", "BUY", "LIMIT", "-q", "0.01", "-p", "59000", "--id", "twice-1", "--json"]
    terminal.run(place)
    done = CliRunner().invoke(app, place, env=terminal.environ)
    assert "reply was lost" not in done.stderr
    assert "uplicate" in json.dumps(json.loads(done.stderr))
    assert sum(each.client_order_id == "twice-1" for each in true_orders(terminal)) == 1


def test_nothing_reached_is_exit_code_3_within_the_timeout(terminal: Terminal) -> None:
    done = terminal.run(
        "order place BTCUSDT BUY MARKET -q 0.01 --timeout 0.3 --env ws://127.0.0.1:9/ws-api/v3 --json", code=3
    )
    told = json.loads(done.stderr)
    assert (told["error"], told["notes"]) == ("ConnectFailed", ["`binance-wsapi exchange` starts a local exchange"])


def test_fate_tells_what_the_venue_has_and_never_more(terminal: Terminal) -> None:
    terminal.run("order place BTCUSDT BUY LIMIT -q 0.01 -p 59000 --id known-1")
    assert terminal.json("fate known-1")["clientOrderId"] == "known-1"
    terminal.run("order cancel-all BTCUSDT")
    assert "--symbol" in terminal.run("fate known-1", code=2).stderr
    absent = terminal.run("fate never-1 --symbol BTCUSDT", code=4)
    assert "ask again" in absent.stderr
    for line, code in (("fate never-1 --symbol BTCUSDT --json", 4), ("fate never-1 --json", 2)):
        told = json.loads(terminal.run(line, code=code).stderr)
        assert "never-1" in (told.get("client_order_id"), *told["message"].split(": ")[0].split()), line


# --------------------------------------------------------------------------- live money


def _live(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let production be a place that counts who comes, and nothing more."""
    reached: list[str] = []

    def client(self: Any, **_: Any) -> Any:
        reached.append(self.environment.name)
        raise UsageError("reached")

    monkeypatch.setattr("binance_wsapi.cli.shared.run.Run.client", client)
    return reached


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "order place btcusdt buy limit -q 0.0100 -p 6e4",
            "BUY 0.01 BTCUSDT LIMIT GTC at 60000 = 600 of the quote asset",
        ),
        ("order cancel BTCUSDT --order-id 7", "CANCEL BTCUSDT 7"),
        ("order cancel-all BTCUSDT", "CANCEL every open order on BTCUSDT"),
        ("order amend BTCUSDT 0.50 --id x", "AMEND BTCUSDT x to 0.5"),
        ("call order.place symbol=BTCUSDT side=BUY", "order.place"),
        ("call new.method --unknown", "new.method"),
    ],
)
def test_live_money_is_confirmed_with_the_numbers_that_go_out(
    line: str, said: str, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = _live(monkeypatch)
    refused = terminal.run(f"{line} --env production", code=2)
    assert said in refused.stderr
    assert "--yes" in refused.stderr
    assert reached == []
    terminal.run(f"{line} --env production --yes", code=2)
    assert reached == ["production"]


def test_no_is_the_default_answer(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    reached = _live(monkeypatch)
    monkeypatch.setattr("binance_wsapi.cli.shared.confirm.can_ask", lambda: True)
    for answer, goes in (("\n", []), ("n\n", []), ("y\n", ["production"])):
        words = ["order", "cancel-all", "BTCUSDT", "--env", "production"]
        terminal.type(words, answer, code=2)
        assert reached == goes


def test_the_test_network_is_not_asked_about(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    reached = _live(monkeypatch)
    terminal.run("order cancel-all BTCUSDT --env testnet", code=2)
    assert reached == ["testnet"]


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        ("order cancel BTCUSDT --order-id 99999999", "orders SYMBOL --all shows the last orders"),
        ("order status BTCUSDT --order-id 99999999", "orders SYMBOL --all shows the last orders"),
        ("trades BTCUSTD", "call ticker.price shows every symbol the venue has"),
        ("order place BTCUSDT SELL MARKET -q 900", "place less, or free what open orders lock"),
        (
            "call order.place symbol=BTCUSDT side=BUY type=LIMIT timeInForce=GTC quantity=1 price=0.001",
            "exchangeInfo symbol=SYMBOL",
        ),
    ],
)
def test_a_refusal_is_followed_by_what_to_do(terminal: Terminal, words: str, remedy: str) -> None:
    assert remedy in terminal.run(words, code=1).stderr.splitlines()[-1]
    told = json.loads(terminal.run(f"{words} --json", code=1).stderr)
    assert remedy in told["notes"][-1]
    assert venue_error(told["status"], told["code"], told["msg"]).remedy == told["notes"][0]


def test_what_to_do_about_a_filter_comes_first_and_then_the_command_that_shows_it(terminal: Terminal) -> None:
    words = "call order.place symbol=BTCUSDT side=BUY type=LIMIT timeInForce=GTC price=50000 quantity="
    for quantity, first in (
        ("0.000001", "round the quantity with `client.rules(symbol)`"),
        ("0.00001", "price times quantity is outside the range: `client.rules(symbol)` has it"),
    ):
        *_, remedy, command = terminal.run(words + quantity, code=1).stderr.splitlines()
        assert remedy == first
        assert command.startswith("binance-wsapi call exchangeInfo symbol=SYMBOL")


def test_a_method_that_is_said_to_be_unknown_is_sent_though_its_name_looks_like_a_known_one(terminal: Terminal) -> None:
    assert "'method' is not valid" in terminal.run("call klines.v2 --unknown", code=1).stderr
