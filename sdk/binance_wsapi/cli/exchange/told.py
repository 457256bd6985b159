"""What the command says: where the exchange is, how to trust it, and a first call that works as it is pasted."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from binance_wsapi.cli.exchange.keys import API_KEY, HMAC_KEY, Keys

if TYPE_CHECKING:
    from binance_wsapi.simulator import LocalExchange

__all__ = ["facts", "instructions"]


def instructions(running: LocalExchange, keys: Keys, directory: Path) -> str:
    """Return what a person reads: where it is, its keys, and a first call."""
    lines = [
        "A local exchange is running. Its money is play money; it is gone when you stop it.",
        "",
        f"    WebSocket API   {running.url}",
        f"    market streams  {running.streams_url}/ws and {running.streams_url}/stream",
        f"    REST            {running.rest_url}/api/v3",
    ]
    if running.page_url:
        lines += [f"    page            {running.page_url}"]
    if running.tls is not None:
        ca = directory / "tls" / "ca.pem"
        lines += [f"    trust           {ca}"]
    if running.control_url:
        lines += [f"    control         {running.control_url}"]
    lines += [""]
    lines += [f"    API key         {api_key} ({what})" for api_key, what in keys.given]
    lines += ["", _lag_told(running)]
    if keys.own is not None:
        lines += ["", *_first_calls(running, keys.own, str(keys.secret), directory)]
    return "\n".join([*lines, "", "Ctrl-C stops it."])


def facts(running: LocalExchange, keys: Keys, directory: Path) -> str:
    """Return where it is, and the variables that a client of it needs, as one line of JSON."""
    variables = {"BINANCE_ENVIRONMENT": running.url}
    if keys.own is not None:
        variables |= {"BINANCE_API_KEY": API_KEY, "BINANCE_PRIVATE_KEY_FILE": str(keys.own.absolute())}
    return json.dumps(
        {
            "url": running.url,
            "streams": running.streams_url,
            "rest": running.rest_url,
            "page": running.page_url,
            "control": running.control_url,
            "trust": str((directory / "tls" / "ca.pem").absolute()) if running.tls is not None else None,
            "variables": variables,
        }
    )


def _first_order(running: LocalExchange) -> tuple[str, str, str]:
    """Return symbol, quantity and price of a small order that is accepted."""
    first = running.listings[0]
    step = first.smallest_quantity
    quantity = -(-20 * first.smallest_notional // (first.price * step)) * step
    return first.spec.symbol, f"{max(quantity, step):f}", f"{first.price:f}"


def _lag_told(running: LocalExchange) -> str:
    least, most = running.lag
    if not most:
        return "Queries see an order at once. At the venue they lag up to 50 ms behind: try --lag venue."
    return f'Queries lag {least:g} to {most:g} s behind, so an order just placed can be "not found".'


def _first_calls(running: LocalExchange, private_key: Path, secret: str, directory: Path) -> list[str]:
    """Return ready environment variables and a first call in Python and JavaScript, to be pasted as they are."""
    variables = {
        "BINANCE_ENVIRONMENT": running.url,
        "BINANCE_API_KEY": API_KEY,
        "BINANCE_PRIVATE_KEY_FILE": str(private_key.absolute()),
    }
    symbol, quantity, price = _first_order(running)
    python, imported = "SpotClient.from_env()", "SpotClient"
    if running.tls is not None:
        ca = (directory / "tls" / "ca.pem").absolute()
        variables["NODE_EXTRA_CA_CERTS"] = str(ca)
        python, imported = f"SpotClient.from_env(Settings(ca_file={str(ca)!r}))", "Settings, SpotClient"
    return [
        "Paste this into another terminal:",
        "",
        *(f"export {name}={shlex.quote(value)}" for name, value in variables.items()),
        "",
        "python - <<'END'",
        "import asyncio",
        f"from binance_wsapi import {imported}",
        "async def main():",
        f"    async with {python} as client:",
        "        placed = await client.place_order(",
        f'            "{symbol}", "BUY", "LIMIT", time_in_force="GTC", quantity="{quantity}", price="{price}")',
        "        print(placed.status, placed.executed_qty)",
        "asyncio.run(main())",
        "END",
        "",
        "Or, in JavaScript (Node.js 22, which brings WebSocket):",
        "",
        "node --input-type=module - <<'END'",
        'import { readFileSync } from "node:fs"',
        'import { createPrivateKey, sign } from "node:crypto"',
        "const key = createPrivateKey(readFileSync(process.env.BINANCE_PRIVATE_KEY_FILE))",
        "const socket = new WebSocket(process.env.BINANCE_ENVIRONMENT)",
        f'const params = {{ apiKey: process.env.BINANCE_API_KEY, price: "{price}", quantity: "{quantity}", side: "BUY",',
        f'                 symbol: "{symbol}", timeInForce: "GTC", timestamp: Date.now(), type: "LIMIT" }}',
        'const text = Object.keys(params).sort().map(name => name + "=" + params[name]).join("&")',
        'params.signature = sign(null, Buffer.from(text), key).toString("base64")',
        'socket.onopen = () => socket.send(JSON.stringify({ id: 1, method: "order.place", params }))',
        "socket.onmessage = message => { console.log(message.data); socket.close() }",
        "END",
        "",
        "With HMAC instead:",
        "",
        f"export BINANCE_API_KEY={HMAC_KEY} BINANCE_API_SECRET={secret}",
        "unset BINANCE_PRIVATE_KEY_FILE",
    ]
