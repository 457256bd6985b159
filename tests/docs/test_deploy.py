"""The systemd unit and the Dockerfile of docs/howto/deploy.md: what they name is there, and what they start ends in order."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import signal
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

from binance_wsapi import Ed25519Key
from binance_wsapi.simulator import LocalExchange
from tests.docs.blocks import ROOT, pages

PAGE = next(page for page in pages() if page.name == "docs/howto/deploy.md")
UNIT: dict[str, list[str]] = defaultdict(list)
for _line in PAGE.of("ini")[0].code.splitlines():
    if "=" in _line:
        _name, _, _value = _line.partition("=")
        UNIT[_name].append(_value)
DOCKERFILE = [line.split(" ", 1) for line in PAGE.of("dockerfile")[0].code.splitlines() if line]
BOT = """
import asyncio
from binance_wsapi import SpotClient

async def main():
    async with SpotClient.from_env() as client:
        try:
            await client.ping()
            print("up", flush=True)
            await asyncio.Event().wait()
        finally:
            await client.ping()
            print("left in order", flush=True)

asyncio.run(main())
"""


def instructions(name: str) -> list[str]:
    return [rest for word, rest in DOCKERFILE if word == name]


async def end_by(command: list[str], end: signal.Signals, environment: dict[str, str]) -> tuple[int, str]:
    """Start a program against a local exchange, end it by a signal, and return how it ended and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**environment, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        # A shell starts what runs in its background deaf to SIGINT, and its children with it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            first = await process.stdout.readline()
            process.send_signal(end)
            rest = await process.stdout.read()
            return await process.wait(), (first + rest).decode()
    finally:
        if process.returncode is None:
            process.kill()


@pytest.fixture
def placed(tmp_path: Path) -> Path:
    """A folder that is to the programs what /opt and the credentials of the service are."""
    (tmp_path / "bot.py").write_text(BOT)
    return tmp_path


async def run_there(folder: Path, command: list[str], end: signal.Signals, environment: dict[str, str]) -> str:
    key = Ed25519Key.generate(environment["BINANCE_API_KEY"])
    key.save(folder / "key.pem", passphrase=None)
    async with LocalExchange(market="manual") as exchange:
        exchange.register_key(key.api_key, "ed25519", public_pem=key.public_pem())
        code, printed = await end_by(command, end, {**environment, "BINANCE_ENVIRONMENT": exchange.url})
    assert code in (0, -end, 128 + end)
    return printed


async def test_what_the_unit_starts_ends_in_order_by_its_signal(placed: Path) -> None:
    [start] = UNIT["ExecStart"]
    command = shlex.split(start.replace("/opt/bot/.venv/bin/python", sys.executable).replace("/opt/bot", str(placed)))
    assert command == [sys.executable, str(placed / "bot.py")]
    given = dict(each.split("=", 1) for each in UNIT["Environment"])
    [credential] = UNIT["LoadCredential"]
    assert given["BINANCE_PRIVATE_KEY_FILE"] == f"%d/{credential.split(':')[0]}"
    given["BINANCE_PRIVATE_KEY_FILE"] = given["BINANCE_PRIVATE_KEY_FILE"].replace("%d", str(placed))
    printed = await run_there(placed, command, signal.Signals[UNIT["KillSignal"][0]], given)
    assert printed.split("\n") == ["up", "left in order", ""]


async def test_what_the_image_starts_ends_in_order_by_its_signal(placed: Path) -> None:
    [start], [end] = instructions("CMD"), instructions("STOPSIGNAL")
    program, script = json.loads(start)
    assert (program, script) == ("python", "/app/bot.py")
    given = {"BINANCE_API_KEY": "your-api-key", "BINANCE_PRIVATE_KEY_FILE": str(placed / "key.pem")}
    printed = await run_there(placed, [sys.executable, str(placed / "bot.py")], signal.Signals[end], given)
    assert printed.split("\n") == ["up", "left in order", ""]


def test_the_image_takes_nothing_of_the_folder_but_the_wheel_and_the_bot() -> None:
    assert DOCKERFILE[0][0] == "FROM"
    sources = [shlex.split(each)[:-1] for each in instructions("COPY")]
    assert sources == [["dist/binance_wsapi-*.whl"], ["bot.py"]]
    targets = {shlex.split(each)[-1] for each in instructions("COPY")}
    assert "/app/bot.py" in targets


def test_the_image_installs_extras_that_are_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    [install] = [each for each in instructions("RUN") if "pip install" in each]
    [extras] = re.findall(r"\[([a-z,]+)\]", install)
    assert set(extras.split(",")) <= set(project["optional-dependencies"])
    [version] = re.findall(r"python:(3\.\d+)", instructions("FROM")[0])
    assert f"Programming Language :: Python :: {version}" in project["classifiers"]


def test_the_user_of_the_image_is_not_root_and_owns_the_volume() -> None:
    [user], [volume] = instructions("USER"), instructions("VOLUME")
    assert user != "root"
    assert any(f"install -d -o {user}" in each and volume in each for each in instructions("RUN"))
    words = [word for word, _ in DOCKERFILE]
    assert words.index("USER") < words.index("CMD")
