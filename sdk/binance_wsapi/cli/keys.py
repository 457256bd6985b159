"""``keys new|show|check``: make a key, see what of it the venue is given, and try the configured key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from binance_wsapi.cli.shared.commands import Group
from binance_wsapi.cli.shared.options import Json, command, ended
from binance_wsapi.cli.shared.run import Run
from binance_wsapi.cli.shared.terminal import can_ask
from binance_wsapi.cli.shared.text import table, word
from binance_wsapi.errors import UsageError

__all__ = ["keys"]

keys = typer.Typer(cls=Group, no_args_is_help=True, help="Make a key, show its public half, try the configured key.")

KeyFile = Annotated[Path, typer.Argument(metavar="FILE", help="PEM file of the private key.", dir_okay=False)]


@keys.command()
def new(
    file: KeyFile,
    encrypt: Annotated[
        bool, typer.Option("--encrypt", metavar="", help="Ask for a passphrase that opens the file.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make an Ed25519 key: the private half into a new file that only you can read, the public half printed."""
    run = Run(as_json=as_json)

    def make() -> None:
        from binance_wsapi.cli.shared.secrets import ask
        from binance_wsapi.keys import Ed25519Key

        passphrase = ask("Passphrase", twice=True) if encrypt else None
        key = Ed25519Key.generate()
        key.save(file, passphrase=passphrase)
        public = key.public_pem().decode().strip()
        run.show({"file": str(file), "kind": "Ed25519", "public_pem": public}, public)
        run.tell(
            f"\nThe private key is in {file}.\n"
            "1. Give the public key above to the venue: API Management, Create API, Self-generated.\n"
            "2. Set BINANCE_API_KEY to the API key that the venue shows.\n"
            f"3. Set BINANCE_PRIVATE_KEY_FILE to {file}.\n"
            "4. Try it: binance-wsapi keys check --env testnet"
        )

    ended(run, make)


@keys.command()
def show(file: KeyFile, as_json: Json = False) -> None:
    """Show the kind and the public half of a key file: what the venue is given. The private half stays in the file."""
    run = Run(as_json=as_json)

    def tell() -> None:
        from binance_wsapi.cli.shared.secrets import ask
        from binance_wsapi.keys.keyfile import read_key_file
        from binance_wsapi.keys.pem import dump_public_key, kind_of, load_private_key

        private = load_private_key(
            read_key_file(file), (lambda: ask("Passphrase of the private key")) if can_ask() else None
        )
        public = dump_public_key(private).decode().strip()
        run.show({"file": str(file), "kind": kind_of(private), "public_pem": public}, public)
        run.tell(f"{kind_of(private)}, the public half of {file}")

    ended(run, tell)


@keys.command()
@command
async def check(run: Run) -> None:
    """Sign one question with the configured key, and say whether the venue takes it."""
    async with run.client(private=True) as client:
        state = await client.account_status(omit_zero_balances=True)
    key = run.key
    if key is None:  # `private` has seen to it
        raise UsageError("there is no key")
    value = {
        "environment": run.environment.name,
        "kind": getattr(key, "kind", type(key).__name__),
        "logs_on": key.can_log_on,
        "accepted": True,
        "account_may_trade": state.can_trade,
        "account_may_withdraw": state.can_withdraw,
    }
    view = table("key", "")
    for name, shown in value.items():
        view.add_row(name.replace("_", " "), ("yes" if shown else "no") if isinstance(shown, bool) else word(shown))
    run.show(value, view)
