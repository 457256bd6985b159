"""What the doctor finds, and what it says to do about it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from binance_wsapi import Ed25519Key
from binance_wsapi.cli.doctor import histogram, judge_clock, judge_limit
from binance_wsapi.limits.events import LimitState
from tests.cli.conftest import Terminal


def levels(printed: str) -> dict[str, str]:
    return {each["what"]: each["level"] for each in json.loads(printed)["findings"]}


def test_all_is_well_at_the_local_exchange_and_no_order_is_placed(terminal: Terminal) -> None:
    before = terminal.served.do(lambda exchange: len(list(exchange.truth.all_orders())))
    found = terminal.json("doctor --count 5")
    by_name = {each["what"]: each for each in found["findings"]}
    assert len(found["milliseconds"]) == 5
    assert by_name["may trade"]["found"].startswith("yes")
    assert "switch withdrawals off" in by_name["may withdraw"]["remedy"]
    assert not [each for each in found["findings"] if each["level"] == "bad"]
    assert {"versions", "proxy", "connection", "latency", "clock", "key", "REQUEST_WEIGHT 1 minute"} <= set(by_name)
    assert terminal.served.do(lambda exchange: len(list(exchange.truth.all_orders()))) == before
    shown = terminal.run("doctor --count 5").stdout
    assert max(map(len, shown.splitlines())) <= 80
    assert "█" in shown


def test_each_trouble_has_its_exit_code_and_remedy(terminal: Terminal, tmp_path: Path) -> None:
    away = terminal.run("doctor --json --timeout 0.3 --env ws://127.0.0.1:9/ws-api/v3", code=3)
    assert levels(away.stdout)["connection"] == "bad"
    nowhere = terminal.run("doctor --json", code=2, BINANCE_ENVIRONMENT="")
    assert "say where" in nowhere.stdout
    Ed25519Key.generate().save(tmp_path / "other.pem", passphrase=None)
    refused = terminal.run("doctor --json", code=1, BINANCE_PRIVATE_KEY_FILE=str(tmp_path / "other.pem"))
    assert levels(refused.stdout)["key"] == "bad"
    keyless = terminal.run("doctor --json --count 1", BINANCE_API_KEY="", BINANCE_PRIVATE_KEY_FILE="")
    assert levels(keyless.stdout)["key"] == "note"
    proxied = terminal.run("doctor --json --count 1", HTTPS_PROXY="http://user:CanaryOfProxy9999@127.0.0.1:1")
    assert levels(proxied.stdout)["proxy"] == "note"
    assert "CanaryOfProxy9999" not in proxied.output


@pytest.mark.parametrize(("offset", "level", "word"), [(3, "ok", "behind"), (-900, "warn", "ahead of")])
def test_a_clock_is_judged(offset: int, level: str, word: str) -> None:
    found = judge_clock(offset, 1.0)
    assert found.level == level
    assert word in found.found


@pytest.mark.parametrize(
    ("used", "banned", "level"), [(10, None, "ok"), (90, None, "warn"), (10, 5_000, "bad"), (10, 500, "ok")]
)
def test_a_limit_is_judged(used: int, banned: int | None, level: str) -> None:
    state = LimitState("ORDERS", "SECOND", 10, 100, used, 0, 2_000, banned)
    assert judge_limit(state, 1_000).level == level


def test_a_histogram_counts_every_round_trip() -> None:
    lines = histogram([1.0, 1.1, 5.0, 9.0])
    assert sum(int(line.rsplit(maxsplit=1)[1]) for line in lines) == 4
    assert histogram([2.0]) == [f"     2.00 ms  {'█' * 30} 1"]


def test_an_account_that_may_not_trade_is_told_so(terminal: Terminal) -> None:
    terminal.served.do(lambda exchange: exchange.set_account("alice", can_trade=False))
    found = {
        each["what"]: each for each in json.loads(terminal.run("doctor --json --count 1", code=1).stdout)["findings"]
    }
    assert found["may trade"]["found"].startswith("no: -2010")
    assert "may do" in found["may trade"]["remedy"]
