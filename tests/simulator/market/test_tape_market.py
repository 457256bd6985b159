"""A tape is played as it was traded, at the speed that was asked for, through the orders that rest in its way."""

from __future__ import annotations

import asyncio
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from binance_wsapi.simulator import Clock, DumpError, LocalExchange, Tape
from binance_wsapi.simulator.market.dump import read_dump, symbol_of
from tests.simulation.loop import VirtualLoop, run
from tests.simulator.desk import Raw, add_hmac_key
from tests.simulator.faults.test_faults import ORDER

T0 = 1_735_689_600_000_000
"""2025-01-01 in microseconds."""
Row = tuple[str, str, float, bool]
"""Price, quantity, seconds, and whether the buyer was the maker."""


def trades(rows: list[Row], *, unit: int = 1, heading: bool = False, aggregate: bool = False) -> str:
    lines = ["id,price,qty,quoteQty,time,isBuyerMaker,isBestMatch"] if heading else []
    for number, (price, quantity, seconds, maker) in enumerate(rows):
        time = (T0 + round(seconds * 1_000_000)) // unit
        middle = f"{number},{number}" if aggregate else f"{Decimal(price) * Decimal(quantity):f}"
        lines.append(f"{number},{price},{quantity},{middle},{time},{maker},True")
    return "\n".join(lines) + "\n"


def write(folder: Path, text: str, name: str = "BTCUSDT-trades-2025-01-01.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


ROWS: list[Row] = [
    ("60000.00", "0.50000", 0.0, False),
    ("60001.50", "0.10000", 1.0, False),
    ("59990.00", "0.20000", 2.5, True),
    ("59980.00", "1.00000", 10.0, True),
]


async def printed(exchange: LocalExchange) -> list[tuple[str, str, bool]]:
    async with Raw(exchange) as raw:
        rows = await raw.get("trades.recent", {"symbol": "BTCUSDT"})
    return [(row["price"], row["qty"], row["isBuyerMaker"]) for row in rows]


@pytest.mark.parametrize("speed", [1.0, 10.0, 0.5])
def test_a_tape_prints_its_trades_at_its_speed(tmp_path: Path, speed: float) -> None:
    path = write(tmp_path, trades(ROWS))

    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market=Tape(path, speed)) as exchange:
            start = loop.time()
            assert await exchange.tape_end() == 4
            assert loop.time() - start == pytest.approx(10.0 / speed, abs=0.01)
            wanted = [(f"{Decimal(price):.8f}", f"{Decimal(qty):.8f}", maker) for price, qty, _, maker in ROWS]
            assert await printed(exchange) == wanted
            times = [trade.time for trade in exchange._venue.tape["BTCUSDT"].trades]
            assert [round((time - times[0]) / 1_000_000 * speed, 3) for time in times] == [0.0, 1.0, 2.5, 10.0]

    run(life)


@pytest.mark.parametrize("heading", [False, True])
@pytest.mark.parametrize("unit", [1, 1000])
@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("aggregate", [False, True])
def test_every_form_of_file_is_the_same_tape(
    tmp_path: Path, heading: bool, unit: int, zipped: bool, aggregate: bool
) -> None:
    kind = "aggTrades" if aggregate else "trades"
    path = write(tmp_path, trades(ROWS, unit=unit, heading=heading, aggregate=aggregate), f"ETHUSDT-{kind}-2025-01.csv")
    if zipped:
        archive = path.with_suffix(".zip")
        with zipfile.ZipFile(archive, "w") as file:
            file.write(path, path.name)
        path = archive
    assert symbol_of(path) == "ETHUSDT"
    found = list(read_dump(path))
    assert [(row.price, row.quantity, (row.time - T0) / 1_000_000, row.is_buyer_maker) for row in found] == [
        (int(Decimal(price) * 10**8), int(Decimal(qty) * 10**8), seconds, maker) for price, qty, seconds, maker in ROWS
    ]


def test_windows_line_ends_a_mark_and_empty_lines_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-trades.csv"
    path.write_bytes(b"\xef\xbb\xbf" + trades(ROWS, heading=True).replace("\n", "\r\n").encode() + b"\r\n")
    assert len(list(read_dump(path))) == 4


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("4,60000,1,60000,1735689600000000,True", "7 columns"),
        ("4,60000,1,60000,1735689600000000,True,True,1,1", "7 columns"),
        ("4,sixty,1,60000,1735689600000000,True,True", "price is a positive decimal number .* not 'sixty'"),
        ("4,-1,1,60000,1735689600000000,True,True", "price"),
        ("4,1e5,1,60000,1735689600000000,True,True", "price"),
        ("4,60000,0,60000,1735689600000000,True,True", "quantity"),
        ("4,60000,0.000000001,60000,1735689600000000,True,True", "quantity"),
        ("4,60000,1,60000,yesterday,True,True", "time is in milliseconds or microseconds"),
        ("4,60000,1,60000,1735689600,True,True", "time"),
        ("4,60000,1,60000,1735689600000000,perhaps,True", "True or False, not 'perhaps'"),
        ("\udcff\udcfe", "not text"),
    ],
)
def test_a_broken_line_is_told_with_its_number(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "BTCUSDT-trades.csv"
    path.write_bytes((trades(ROWS) + line + "\n").encode("utf-8", "surrogateescape"))
    with pytest.raises(DumpError, match=rf"BTCUSDT-trades\.csv, line 5: .*{message}"):
        list(read_dump(path))


def test_a_broken_line_ends_the_tape_and_comes_to_light(tmp_path: Path) -> None:
    path = write(tmp_path, trades(ROWS) + "5,nonsense\n")

    async def life(_: VirtualLoop) -> None:
        with pytest.raises(DumpError, match="line 5"):  # noqa: PT012
            async with LocalExchange(market=Tape(path)) as exchange:
                await asyncio.sleep(60)
                async with Raw(exchange) as raw:
                    assert await raw.get("ping") == {}, "the exchange itself goes on"

        exchange = LocalExchange(market=Tape(path))
        await exchange.__aenter__()
        with pytest.raises(DumpError, match="line 5"):
            await exchange.tape_end()
        with pytest.raises(DumpError):
            await exchange.__aexit__(None)

    run(life)


@pytest.mark.parametrize(("text", "message"), [("", "no trade in it"), ("heading\n", "no trade"), ("1,2\n", "line 1")])
async def test_a_file_that_is_none_is_told_at_once(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DumpError, match=message):
        await LocalExchange(market=Tape(write(tmp_path, text))).__aenter__()


def test_a_tape_says_what_it_is_of(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="say symbol="):
        Tape("prices.csv")
    assert Tape("prices.csv", symbol="ETHUSDT").of == "ETHUSDT"
    for speed in (0.0, -1.0, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="speed"):
            Tape("BTCUSDT-trades.csv", speed)
    with pytest.raises(ValueError, match="XRPUSDT is not listed here"):
        LocalExchange(market=Tape("XRPUSDT-trades-2025-01.csv"))
    with pytest.raises(ValueError, match="two tapes of one symbol"):
        LocalExchange(market=[Tape("BTCUSDT-trades-2025-01.csv"), Tape("BTCUSDT-aggTrades-2025-01.csv")])
    with pytest.raises(ValueError, match="a Tape or several"):
        LocalExchange(market=["BTCUSDT"])  # type: ignore[list-item]
    bad = tmp_path / "BTCUSDT-trades.zip"
    bad.write_bytes(b"no archive")
    with pytest.raises(DumpError, match=r"BTCUSDT-trades\.zip"):
        list(read_dump(bad))
    with zipfile.ZipFile(bad, "w") as file:
        file.writestr("a.csv", "")
        file.writestr("b.csv", "")
    with pytest.raises(DumpError, match=r"one \.csv file, this one 2"):
        list(read_dump(bad))


async def own(raw: Raw, side: str, price: str, quantity: str, client_id: str) -> Any:
    params = {**ORDER, "side": side, "price": price, "quantity": quantity, "newClientOrderId": client_id}
    answer = await raw.signed("order.place", **params)
    assert answer["status"] == 200, answer
    return answer["result"]


def test_own_resting_orders_fill_as_the_tape_trades_at_them_and_through_them(tmp_path: Path) -> None:
    """Bids: one above the trade (filled at its own price), one below it (untouched). Asks: one the price rises through."""
    rows: list[Row] = [
        ("60000.00", "0.50000", 0.0, False),
        ("59990.00", "0.20000", 5.0, True),
        ("60030.00", "0.30000", 10.0, False),
        ("60030.00", "0.00500", 11.0, False),
    ]
    path = write(tmp_path, trades(rows))

    async def life(_: VirtualLoop) -> None:
        async with LocalExchange(market=Tape(path)) as exchange, Raw(exchange) as raw:
            add_hmac_key(exchange)
            await asyncio.sleep(1)
            for side, price, quantity, name in (
                ("BUY", "59995.00", "0.05", "above"),
                ("BUY", "59980.00", "0.05", "below"),
                ("SELL", "60020.00", "0.10", "passed"),
                ("SELL", "60031.00", "0.10", "not-reached"),
            ):
                await own(raw, side, price, quantity, name)
            await asyncio.sleep(5)
            [above], [below] = exchange.truth.orders["above"], exchange.truth.orders["below"]
            assert (above.status, above.quote_quantity) == ("FILLED", Decimal(59995) * Decimal("0.05"))
            assert below.status == "NEW"
            await asyncio.sleep(10)
            [passed], [beyond] = exchange.truth.orders["passed"], exchange.truth.orders["not-reached"]
            assert (passed.status, passed.quote_quantity) == ("FILLED", Decimal(60020) * Decimal("0.10"))
            assert beyond.status == "NEW"
            assert all(trade.is_maker for trade in exchange.truth.trades)
            rows = await printed(exchange)
            assert ("59990.00000000", "0.15000000", True) in rows, (
                "what the own bid took is missing from the tape's fill"
            )

    run(life)


def test_an_own_order_at_the_price_waits_its_turn_and_takes_part_of_the_trade(tmp_path: Path) -> None:
    rows: list[Row] = [("60000.00", "0.5", 0.0, True), ("59985.00", "0.02", 5.0, True), ("59985.00", "0.04", 6.0, True)]
    path = write(tmp_path, trades(rows))

    async def life(_: VirtualLoop) -> None:
        async with LocalExchange(market=Tape(path)) as exchange, Raw(exchange) as raw:
            add_hmac_key(exchange)
            await asyncio.sleep(1)
            exchange.quote("BTCUSDT")  # no other order stands before ours
            await own(raw, "BUY", "59985.00", "0.05", "mine")
            await asyncio.sleep(4.5)
            [mine] = exchange.truth.orders["mine"]
            assert (mine.status, mine.executed_quantity) == ("PARTIALLY_FILLED", Decimal("0.02"))
            await asyncio.sleep(1)
            assert mine.status == "FILLED"
            assert exchange.truth.trades[-1].quantity == Decimal("0.03")

    run(life)


def test_there_is_a_book_around_the_price_that_is_never_crossed_and_can_be_traded_with(tmp_path: Path) -> None:
    rows: list[Row] = [
        (f"{60000 + 7 * ((step * 37) % 50 - 25)}.00", "0.01", step / 10, step % 3 == 0) for step in range(300)
    ]
    path = write(tmp_path, trades(rows))

    async def life(_: VirtualLoop) -> None:
        async with LocalExchange(market=Tape(path)) as exchange, Raw(exchange) as raw:
            add_hmac_key(exchange)
            for _each in range(30):
                await asyncio.sleep(1)
                book = await raw.get("depth", {"symbol": "BTCUSDT", "limit": 50})
                bids, asks = book["bids"], book["asks"]
                assert len(bids) >= 5
                assert len(asks) >= 5
                assert Decimal(bids[0][0]) < Decimal(asks[0][0])
                assert Decimal(asks[0][0]) - Decimal(bids[0][0]) < 60000 // 1000
            answer = await raw.signed("order.place", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.001")
            assert answer["result"]["status"] == "FILLED"
            assert await exchange.tape_end() == 300

    run(life)


def test_lines_too_small_for_the_filters_are_added_up_not_lost(tmp_path: Path) -> None:
    rows: list[Row] = [("60000.00", "0.00001", step / 10, False) for step in range(100)]
    path = write(tmp_path, trades(rows))

    async def life(_: VirtualLoop) -> None:
        async with LocalExchange(market=Tape(path)) as exchange:
            await exchange.tape_end()
            volume = sum(Decimal(quantity) for _, quantity, _ in await printed(exchange))
            assert Decimal("0.00090") <= volume <= Decimal("0.00100")

    run(life)


def test_a_line_larger_than_one_order_may_be_is_traded_in_several(tmp_path: Path) -> None:
    path = write(tmp_path, trades([("60000.00", "20000", 0.0, False)]))

    async def life(_: VirtualLoop) -> None:
        async with LocalExchange(market=Tape(path)) as exchange:
            await exchange.tape_end()
            assert sum(Decimal(quantity) for _, quantity, _ in await printed(exchange)) == 20000

    run(life)


def test_two_tapes_keep_their_distance_in_time_and_a_clock_can_start_where_they_do(tmp_path: Path) -> None:
    one = Tape(write(tmp_path, trades(ROWS)), speed=2.0)
    later = trades([("3000.00", "1", 4.0, False)])
    two = Tape(write(tmp_path, later, "ETHUSDT-trades-2025-01.csv"), speed=2.0)

    async def life(_: VirtualLoop) -> None:
        async with LocalExchange(market=[one, two], clock=Clock(start_ms=one.start_ms())) as exchange:
            assert exchange.clock.now_ms() == T0 // 1000
            assert await exchange.tape_end() == 5
            [trade] = exchange._venue.tape["ETHUSDT"].trades
            assert (trade.time - T0) / 1_000_000 == pytest.approx(2.0, abs=0.01)

    run(life)


async def test_only_a_tape_has_an_end() -> None:
    async with LocalExchange(market="manual") as exchange:
        with pytest.raises(RuntimeError, match="plays no tape"):
            await exchange.tape_end()


def test_the_same_seed_and_tape_are_the_same_market(tmp_path: Path) -> None:
    path = write(tmp_path, trades(ROWS))

    async def life(_: VirtualLoop) -> Any:
        async with LocalExchange(7, Tape(path)) as exchange, Raw(exchange) as raw:
            await exchange.tape_end()
            return await raw.get("depth", {"symbol": "BTCUSDT"})

    assert run(life) == run(life)
