"""``python -m tests.foreign``: clients of other hands, unmodified, against the local exchange.

Each runs in an environment under ``.foreign/``, with the versions that one's ``.txt`` pins; those in JavaScript by Node.js,
with the versions of ``node/package-lock.json``, and where it is not there that is said. Exit code 1 when anything that was
tried did not work.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from rich.console import Console
from rich.table import Table

from binance_wsapi.simulator import LocalExchange

HERE = Path(__file__).parent
HOME = HERE.parents[1] / ".foreign"
CLIENTS = {
    "official_sdk": "official_sdk",
    "official_sdk_rest": "official_sdk",
    "python_binance": "python_binance",
    "python_binance_rest": "python_binance",
    "python_binance_documented": "python_binance",
    "ccxt_pro": "ccxt_pro",
    "ccxt_rest": "ccxt_pro",
    "binance_connector": "binance_connector",
    "unicorn": "unicorn",
    "bare_aiohttp": "ccxt_pro",
    "bare_websocket_client": "binance_connector",
}
"""Scripts, and the environments they run in."""
SCRIPTS = ("binance", "spot")
"""Scripts for Node.js."""
OLDEST_NODE = 20
PATIENCE = 300.0
"""Seconds a client may take over all it tries."""

INSTALLATION = 300.0
"""Seconds its packages may take to come."""


def interpreter(name: str, pins: Path | None = None) -> Path:
    """Return the Python of a client's own environment, made when it is missing or its versions changed.

    Args:
        name: of the environment.
        pins: what pins its packages; None is the file of that name beside this one.
    """
    folder = HOME / name
    pins = pins or HERE / f"{name}.txt"
    wanted = pins.read_text()
    installed = folder / "installed.txt"
    python = folder / "bin" / "python"
    if not installed.exists() or installed.read_text() != wanted:
        venv.create(folder, clear=True, with_pip=True)
        subprocess.run(
            [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes",
             "--no-deps", "-r", str(pins)],
            check=True, timeout=INSTALLATION,
        )  # fmt: skip
        installed.write_text(wanted)
    return python


class NotHere(Exception):
    """What a client needs is not on this machine; the message says what."""


def node() -> Path:
    """Return the Node.js for the clients in JavaScript, whose packages are installed when they are missing or changed.

    Raises:
        NotHere: there is none, it is too old, or its packages cannot be installed.
    """
    found, installer = shutil.which("node"), shutil.which("npm")
    if found is None or installer is None:
        raise NotHere("there is no node with npm on the PATH")
    said = subprocess.run([found, "--version"], check=True, capture_output=True, text=True, timeout=30.0).stdout
    if int(said.strip().removeprefix("v").partition(".")[0]) < OLDEST_NODE:
        raise NotHere(f"node must be {OLDEST_NODE} or newer, got {said.strip()}")
    folder = HOME / "node"
    wanted = (HERE / "node" / "package-lock.json").read_text()
    installed = folder / "installed.json"
    if not installed.exists() or installed.read_text() != wanted:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / "node" / name, folder)
        try:
            subprocess.run(
                [installer, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
                cwd=folder, check=True, timeout=INSTALLATION,
            )  # fmt: skip
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            raise NotHere("its packages cannot be installed") from None
        installed.write_text(wanted)
    for script in (HERE / "node").glob("*.mjs"):
        shutil.copy(script, folder)  # modules are looked for beside the script that asks for them
    return Path(found)


def private(key: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey) -> str:
    """Return a key as a client reads it from a file."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def public(key: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey) -> bytes:
    """Return its public half as the exchange is given it."""
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


async def run(name: str, *command: str) -> list[dict[str, Any]]:
    """Run a client's script against an exchange of its own; return what it tried."""
    edwards, rivest = ed25519.Ed25519PrivateKey.generate(), rsa.generate_private_key(65537, 2048)
    where: dict[str, Any] = {
        "ed25519": {"api_key": "foreignEd25519".ljust(64, "0"), "pem": private(edwards)},
        "rsa": {"api_key": "foreignRsa".ljust(64, "0"), "pem": private(rivest)},
        "hmac": {"api_key": "foreignHmac".ljust(64, "0"), "secret": "s" * 64},
        "reference": "BNBUSDT", "sor": "BTCUSDT", "sor_quantity": 0.01, "sor_price": 50000.0,
    }  # fmt: skip
    async with LocalExchange(seed=5, lag="venue", control_port=0) as exchange:
        exchange.register_key(where["ed25519"]["api_key"], "ed25519", public_pem=public(edwards), account="carol")
        exchange.register_key(where["rsa"]["api_key"], "rsa", public_pem=public(rivest), account="erin")
        exchange.register_key(where["hmac"]["api_key"], "hmac", secret=where["hmac"]["secret"], account="dave")
        for account in ("carol", "dave", "erin"):
            for asset, amount in (("USDT", 1_000_000), ("BTC", 100), ("BNB", 100)):
                exchange.deposit(account, asset, amount)
        where |= {"ws_api": exchange.url, "streams": exchange.streams_url, "rest": exchange.rest_url}
        where["control"] = exchange.control_url  # how a script makes things go wrong; its client knows nothing of it
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"NODE_PATH": str(HOME / "node" / "node_modules")},
        )  # fmt: skip
        try:
            async with asyncio.timeout(PATIENCE):
                told, _ = await process.communicate(json.dumps(where).encode())
        except TimeoutError:
            process.kill()
            await process.wait()
            return [{"client": name, "what": "everything", "error": f"did not end within {PATIENCE:.0f} s"}]
    tried = [json.loads(line) for line in told.splitlines()]
    if process.returncode or not tried:
        tried.append({"client": name, "what": "everything", "error": f"ended with exit code {process.returncode}"})
    return tried


def main() -> int:
    """Install, run, print, and return the exit code."""
    console = Console(highlight=False)
    table = Table("client", "tried", "worked", "did not")
    failed = 0
    commands: dict[str, list[str]] = {}
    for name, environment in CLIENTS.items():
        try:
            commands[name] = [str(interpreter(environment)), str(HERE / f"{name}.py")]
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            console.print(f"[red]{name} cannot be installed here: what it would show is not shown[/]")
            failed += not os.environ.get("FOREIGN_OPTIONAL")
    try:
        commands |= {f"{name} (npm)": [str(node()), str(HOME / "node" / f"{name}.mjs")] for name in SCRIPTS}
    except NotHere as reason:
        console.print(f"[yellow]skipped {', '.join(SCRIPTS)} of npm: {reason}[/]")
    for name, command in commands.items():
        tried = asyncio.run(run(name, *command))
        wrong = [each for each in tried if each["error"]]
        failed += len(wrong)
        table.add_row(tried[0]["client"], str(len(tried)), str(len(tried) - len(wrong)),
                      "\n".join(f"{each['what']}: {each['error']}" for each in wrong))  # fmt: skip
        if "-v" in sys.argv:
            for each in tried:
                console.print(f"  {each['what']}: {each['error'] or 'works'}", markup=False)
    console.print(table)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
