"""Structured logs are JSON and hold no secret."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from binance_wsapi import Ed25519Key
from binance_wsapi.observability import JsonFormatter, without_secrets
from binance_wsapi.testing import VirtualLoop, run_in_virtual_time
from tests.simulation.house import KEY, SYMBOL, exchange_and_client

API_KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
PEM = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ\nabc\n-----END PRIVATE KEY-----"


def line(message: str, *args: object, fields: dict[str, str] | None = None, **record: Any) -> dict[str, Any]:
    made = logging.LogRecord("bot", logging.INFO, __file__, 1, message, args, record.pop("exc_info", None))
    vars(made).update(record)
    text = JsonFormatter(**(fields or {})).format(made)
    assert "\n" not in text
    row: dict[str, Any] = json.loads(text)
    return row


def test_a_line_is_json_with_what_was_given() -> None:
    row = line("filled %s of %d", "0.5", 3, fields={"bot": "maker"}, symbol="BTCUSDT", price=5, parts=["a", 1])
    assert row["message"] == "filled 0.5 of 3"
    assert (row["level"], row["logger"], row["bot"]) == ("INFO", "bot", "maker")
    assert (row["symbol"], row["price"], row["parts"]) == ("BTCUSDT", 5, ["a", 1])
    assert row["time"].endswith("+00:00")


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        (f'{{"apiKey":"{API_KEY}","symbol":"BTCUSDT"}}', API_KEY),
        (f"key is {API_KEY}.", API_KEY),
        ("secret=hunter2&x=1", "hunter2"),
        ("api_secret: 'hun\\'ter2', next", "ter2"),
        ('{"signature": "abc+/=="}', "abc+/=="),
        ("passphrase = hunter2", "hunter2"),
        (f"loaded\n{PEM}\nok", "MC4CAQAwBQYDK2VwBCIEIJ"),
        (PEM[:60], "MC4CAQAwBQYDK2VwBCIE"),
        ("proxy http://user:hunter2@host:3128/", "hunter2"),
        ('"signature":"never ends', "never ends"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, hidden: str) -> None:
    clean = without_secrets(text)
    assert hidden not in clean
    assert "***" in clean


@pytest.mark.parametrize(
    "text",
    [
        "order 7SG9Z0FVZKZN35NRW93RBX is being placed at 1767225600039",
        "400 -1022: Signature for this request is not valid.",
        "connection #1 is ready (kept 0)",
        "https://testnet.binance.vision/api",
    ],
)
def test_other_words_stay_as_they_are(text: str) -> None:
    assert without_secrets(text) == text


def test_secrets_in_fields_and_tracebacks_are_hidden() -> None:
    try:
        raise ValueError(f"bad key {API_KEY}")
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    row = line("failed", exc_info=info, api_key="short", context={"secret": "short", "n": 1}, note=f"x {API_KEY}")
    assert API_KEY not in json.dumps(row)
    assert row["api_key"] == row["context"]["secret"] == "***"
    assert row["context"]["n"] == 1
    assert "ValueError: bad key ***" in row["error"]


def test_what_the_library_logs_reads_the_same_with_it() -> None:
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler = Kept(logging.DEBUG)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("binance_wsapi")
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.DEBUG)
    try:

        async def main(loop: VirtualLoop) -> None:
            async with exchange_and_client(loop) as (_, client):
                trade = await client.submit_order(SYMBOL, "BUY", "MARKET", quantity="0.01")
                await trade.filled()

        run_in_virtual_time(main)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    assert any("is being placed" in json.loads(each)["message"] for each in lines)
    assert isinstance(KEY, Ed25519Key)
    assert not any(KEY.api_key in each for each in lines)
