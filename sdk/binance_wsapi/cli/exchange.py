"""``binance-wsapi exchange``: run the local exchange and say how to connect to it."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from binance_wsapi.simulator import LocalExchange

__all__ = ["exchange"]

API_KEY = "local"


def exchange(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 9480,
    seed: Annotated[int, typer.Option(help="The same seed is the same market.")] = 1,
    market: Annotated[str, typer.Option(help="live: it trades by itself. manual: only your orders.")] = "live",
    public_key: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, readable=True, help="PEM file with the public Ed25519 or RSA key to accept."
        ),
    ] = None,
    directory: Annotated[Path, typer.Option(help="Where a new key is written when none is given.")] = Path(
        ".binance-wsapi"
    ),
    seconds: Annotated[float, typer.Option(min=0, help="Stop after so many seconds; 0 runs until Ctrl-C.")] = 0,
) -> None:
    """Run a local exchange with play money. It listens on this machine only."""
    if market not in ("live", "manual"):
        raise typer.BadParameter("live or manual", param_hint="--market")
    try:
        asyncio.run(_run(port, seed, market, public_key, directory, seconds))
    except KeyboardInterrupt:
        typer.echo("stopped")
    except OSError as error:
        typer.echo(f"cannot listen on port {port}: {error.strerror}", err=True)
        raise typer.Exit(1) from None


async def _run(port: int, seed: int, market: str, public_key: Path | None, directory: Path, seconds: float) -> None:
    from binance_wsapi.simulator import LocalExchange

    async with LocalExchange(
        seed=seed, market="live" if market == "live" else "manual", port=port, keep_frames=10_000
    ) as running:
        if public_key is None:
            private_key = _own_key(running, directory)
        else:
            _given_key(running, public_key)
            private_key = None
        secret = secrets.token_hex(32)
        running.register_key("local-hmac", "hmac", secret=secret)
        typer.echo(_instructions(running, private_key, secret))
        await asyncio.sleep(seconds or float("inf"))


def _own_key(running: LocalExchange, directory: Path) -> Path:
    """Use the key pair in a directory, making it first if there is none; return the private key's file."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
        load_pem_private_key,
    )

    path = directory / "local-exchange.pem"
    if path.exists():
        key = load_pem_private_key(path.read_bytes(), None)
    else:
        key = Ed25519PrivateKey.generate()
        directory.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    running.register_key(API_KEY, "ed25519", public_pem=pem)
    return path


def _given_key(running: LocalExchange, path: Path) -> None:
    pem = path.read_bytes()
    for kind in ("ed25519", "rsa"):
        try:
            running.register_key(API_KEY, "ed25519" if kind == "ed25519" else "rsa", public_pem=pem)
        except ValueError:
            continue
        return
    raise typer.BadParameter(f"{path} holds no public Ed25519 or RSA key", param_hint="--public-key")


def _instructions(running: LocalExchange, private_key: Path | None, secret: str) -> str:
    key = f"private key  {private_key}" if private_key else "private key  yours"
    connect = ""
    if private_key:
        connect = f"""
From Python:

    key = Ed25519Key.from_file("{private_key}", api_key="{API_KEY}")
    async with SpotClient.local(key, url="{running.url}") as client:
        print(await client.account_status())
"""
    return f"""A local exchange is running. Its money is play money; it is gone when you stop it.

    WebSocket API   {running.url}
    market streams  {running.streams_url}/ws and {running.streams_url}/stream
    REST reads      {running.rest_url}/api/v3

    API key      {API_KEY}
    {key}

    or, with HMAC
    API key      local-hmac
    secret       {secret}
{connect}
Ctrl-C stops it."""
