"""What a stranger does first: place an order on the local exchange with the package as it was installed."""

import asyncio

from binance_wsapi import Ed25519Key, SpotClient
from binance_wsapi.simulator import LocalExchange


async def main() -> None:
    async with LocalExchange(seed=1, market="manual") as exchange:
        key = Ed25519Key.generate("stranger")
        exchange.register_key("stranger", "ed25519", public_pem=key.public_pem())
        exchange.quote("BTCUSDT", bids=[("59999", "1")], asks=[("60001", "1")])
        async with SpotClient.local(key, url=exchange.url) as client:
            order = await client.place_order("BTCUSDT", "BUY", "MARKET", quantity="0.01")
            assert exchange.truth.orders[order.client_order_id], "the exchange knows it"
            print(f"the first order is {order.status}")


asyncio.run(main())
