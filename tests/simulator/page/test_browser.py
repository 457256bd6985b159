"""The page in a real browser: it loads, moves, injects a fault, shows what the client does, and logs no error.

`SCREENSHOTS=docs/images python -m pytest tests/simulator/page/test_browser.py` makes the pictures of the documentation.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from binance_wsapi import Ed25519Key, OutcomeUnknown, SpotClient
from binance_wsapi.simulator import LocalExchange

BROWSER, DRIVER = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
selenium = pytest.importorskip("selenium", reason="selenium is not installed: the page is not tried in a browser")
pytestmark = [
    pytest.mark.skipif(
        BROWSER is None or DRIVER is None, reason="chromium and chromium-driver are missing: the page is not tried"
    ),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
PATIENCE = 30.0
"""Seconds for what takes one on a free machine."""


@contextlib.contextmanager
def browser(folder: Path) -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(BROWSER)
    for each in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars", "--disable-gpu",
                 "--no-proxy-server", "--disable-background-networking", f"--user-data-dir={folder}"):  # fmt: skip
        options.add_argument(each)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    try:
        yield driver
    finally:
        driver.quit()


PICTURED = (1600, 360)
DRAWN = "return price.plot.data.length"
"""Columns of the price chart: time and price, or time and the four prices of candles."""
SOUND = "const [, o, h, l, c] = price.data; return o.every((_, i) => l[i] <= Math.min(o[i], c[i]) && h[i] >= Math.max(o[i], c[i]))"


def until(condition: Callable[[], Any]) -> Any:
    """Wait for something to be so and return it."""
    end = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.1)
    return found


def size(driver: Any, width: int, height: int) -> None:
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
    )


def drawn(driver: Any, columns: int) -> bool:
    return bool(driver.execute_script(DRAWN) == columns)


def text(driver: Any, name: str) -> str:
    return str(driver.execute_script("return document.getElementById(arguments[0]).textContent", name))


def look(driver: Any, url: str, pictures: Path) -> None:
    """Do what a person does."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    size(driver, 1600, 1420)
    driver.get(url)
    until(lambda: text(driver, "link") == "live" and text(driver, "order-count") != "0")
    assert driver.find_elements(By.CSS_SELECTOR, "#price-chart canvas, #depth-chart canvas")
    before = text(driver, "trades")
    until(lambda: text(driver, "trades") != before)
    for name in ("asks", "bids", "balances", "fills", "clients", "limits", "frames"):
        assert text(driver, name), name
    assert "user data of alice" in text(driver, "clients")
    # by keyboard alone: tab to the button, then space
    button = next(
        each for each in driver.find_elements(By.CSS_SELECTOR, "#buttons button") if "Cut the next reply" in each.text
    )
    driver.find_element(By.ID, "method").send_keys(Keys.TAB)
    assert driver.switch_to.active_element == button
    driver.switch_to.active_element.send_keys(Keys.SPACE)
    until(lambda: "order.place met “cut”" in text(driver, "reaction"))
    until(lambda: "#1 ended" in text(driver, "reaction") and "#2 connected" in text(driver, "reaction"))
    until(lambda: "asks order.status" in text(driver, "reaction"))
    told = until(lambda: re.search(r"#2 is told that (\S+) is (\w+)", text(driver, "reaction")))
    asked = rf"#1 asks order\.place(, \d+ times, last)? {re.escape(told[1])}"  # the script may have sent others before
    assert re.search(asked, text(driver, "reaction")), "the order whose reply was cut"
    until(lambda: re.search(r"#2 asks order.place, \d+ times, last \S+", text(driver, "reaction")))
    driver.find_element(By.CSS_SELECTOR, "#interval option[value='1m']").click()
    until(partial(drawn, driver, 5))
    assert driver.execute_script("return price.data[0].length") > 50, "candles from before the start"
    for theme in ("light", "dark"):
        driver.execute_script("localStorage.setItem('theme', arguments[0]); theme()", theme)
        for width, height in ((1600, 1420), (1400, 1420), (700, 780), (360, 780)):
            size(driver, width, height)
            until(lambda: driver.execute_script("return price.width === price.element.clientWidth"))
            assert driver.execute_script("return document.documentElement.scrollWidth") <= width
            legends = driver.execute_script(
                "return [...document.querySelectorAll('.u-value')].map(each => each.textContent)"
            )
            assert all(legends), "no pointer is over a chart: it tells the newest"
            assert "--" not in legends
            if width in PICTURED:
                driver.save_screenshot(str(pictures / f"exchange-page-{width}-{theme}.png"))
    driver.find_element(By.CSS_SELECTOR, "#symbol option[value=ETHUSDT]").click()
    until(lambda: "ETHUSDT" in driver.title)
    for interval in ("1s", "1h", ""):
        driver.find_element(By.CSS_SELECTOR, f"#interval option[value='{interval}']").click()
        until(partial(drawn, driver, 5 if interval else 2))
        assert driver.execute_script("return price.data[0].length") > 0
        if interval:
            assert driver.execute_script(SOUND), "high and low hold open and close"
    errors = [each for each in driver.get_log("browser") if each["level"] != "INFO"]
    assert not errors, errors


async def trade(exchange: LocalExchange, found: list[Any]) -> None:
    """Trade until it is enough; note what became of an order whose reply was lost."""
    key = Ed25519Key.generate("browserKey" + "0" * 22)
    exchange.register_key(key.api_key, "ed25519", public_pem=key.public_pem())
    async with SpotClient.local(key, url=exchange.url) as client, client.user_data():
        for number in range(10_000):
            try:
                await client.place_order(
                    "BTCUSDT", "BUY", "LIMIT", time_in_force="GTC", quantity="0.01", price=str(59_900 - number % 150)
                )
                await client.place_order("BTCUSDT", "BUY" if number % 2 else "SELL", "MARKET", quantity="0.01")
            except OutcomeUnknown as unknown:
                found.append(await unknown.resolve())
            await asyncio.sleep(1)


async def test_it_is_looked_at_in_a_browser(tmp_path: Path) -> None:
    pictures = Path(os.environ.get("SCREENSHOTS", tmp_path))
    found: list[Any] = []
    async with LocalExchange(seed=7, page=True, past_days=1) as exchange:
        exchange.withdraw(
            "alice", "这是测试币", "1000000"
        )  # the machine that makes the pictures may have no letters for it
        trading = asyncio.create_task(trade(exchange, found))
        try:
            assert exchange.page_url is not None
            url = exchange.page_url

            def drive() -> None:
                with browser(tmp_path / "profile") as driver:
                    look(driver, url, pictures)

            await asyncio.to_thread(drive)
            assert [str(each.outcome.value) for each in found] == ["accepted"], "the script saw it, too"
        finally:
            trading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await trading
    for width, theme in itertools.product(PICTURED, ("light", "dark")):
        assert (pictures / f"exchange-page-{width}-{theme}.png").stat().st_size > 10_000
