"""Buy a little and watch it being filled, without asyncio: what a script or a notebook looks like.

Start ``binance-wsapi exchange`` in another terminal and set the variables it prints; or set those of the testnet.
"""

from __future__ import annotations

from binance_wsapi import OutcomeUnknown
from binance_wsapi.blocking import SpotClient
from binance_wsapi.models import ExecutionReport

SYMBOL = "BTCUSDT"


def main() -> None:
    with SpotClient.from_env() as client:
        print(f"{SYMBOL} trades at {client.ticker_price(SYMBOL).price:f}")
        with client.user_data() as events:
            try:
                order = client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.01")
                print(f"order {order.order_id}: {order.status}")
            except OutcomeUnknown as unknown:  # the reply is lost: find out, never send it again
                print(f"the verdict: {client.resolve(unknown).outcome}")
            for event in events:
                if isinstance(event, ExecutionReport) and event.execution_type == "TRADE":
                    print(f"filled {event.last_qty:f} at {event.last_price:f}")
                if isinstance(event, ExecutionReport) and event.is_final:
                    break
        held = {each.asset: each.free for each in client.account_status(omit_zero_balances=True).balances}
        print(f"free: {held['BTC']:f} BTC, {held['USDT']:f} USDT")


if __name__ == "__main__":
    main()
