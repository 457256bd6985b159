"""The command line: what it prints for programs, and that it never prints a secret."""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import binance_wsapi
from binance_wsapi.cli.app import app
from binance_wsapi.simulator import LocalExchange
from tests.conformance.catalogue import METHODS

SECRET = "CanarySecret" + "7" * 52
API_KEY = "canaryApiKey" + "8" * 52


@pytest.fixture
def exchange() -> Iterator[LocalExchange]:
    """Run a local exchange in a thread of its own, as the command runs an event loop itself."""
    started = threading.Event()
    held: list[LocalExchange] = []
    loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        stop = asyncio.Event()
        async with LocalExchange(seed=1, market="manual") as running:
            running.register_key(API_KEY, "hmac", secret=SECRET)
            held.append(running)
            loops.append((asyncio.get_running_loop(), stop))
            started.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert started.wait(30)
    yield held[0]
    loop, stop = loops[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(30)


def environment(exchange: LocalExchange) -> dict[str, str]:
    return {"BINANCE_ENVIRONMENT": exchange.url, "BINANCE_API_KEY": API_KEY, "BINANCE_API_SECRET": SECRET}


def test_methods_are_printed_as_json_with_every_fact_a_program_needs() -> None:
    printed = CliRunner().invoke(app, ["methods", "--json"])
    assert printed.exit_code == 0
    rows = json.loads(printed.stdout)
    assert {row["method"] for row in rows} == set(METHODS)
    assert len(rows) == 55
    for row in rows:
        assert list(row) == [
            "method", "python_name", "product", "security", "weight", "weight_on_success", "orders", "replay_safe",
        ]  # fmt: skip
        assert callable(getattr(binance_wsapi.SpotClient, row["python_name"]))
        assert row["product"] == "spot"
        assert row["security"] in {"NONE", "TRADE", "USER_DATA", "USER_STREAM", "SIGNED"}
        assert isinstance(row["weight"], int | list)
        assert isinstance(row["replay_safe"], bool)
        if row["security"] == "TRADE" and ".test" not in row["method"]:
            assert not row["replay_safe"], f"{row['method']} changes orders and must not be repeated"
    placed = next(row for row in rows if row["method"] == "order.place")
    assert (placed["weight"], placed["weight_on_success"], placed["orders"]) == (1, 0, 1)


def test_methods_are_printed_for_people() -> None:
    printed = CliRunner().invoke(app, ["methods"], env={"COLUMNS": "160"})
    assert printed.exit_code == 0
    assert "order.place" in printed.stdout
    assert "place_order" in printed.stdout
    narrow = CliRunner().invoke(app, ["methods"], env={"COLUMNS": "80"}).stdout
    assert all(method in narrow for method in METHODS)


def test_a_method_is_called_and_its_raw_result_printed(exchange: LocalExchange) -> None:
    printed = CliRunner().invoke(app, ["call", "depth", "symbol=BTCUSDT", "limit=1"], env=environment(exchange))
    assert printed.exit_code == 0, printed.stderr
    assert set(json.loads(printed.stdout)) == {"lastUpdateId", "bids", "asks"}


def test_a_private_method_is_signed_with_the_key_of_the_environment(exchange: LocalExchange) -> None:
    printed = CliRunner().invoke(app, ["call", "account.status", "omitZeroBalances=true"], env=environment(exchange))
    assert printed.exit_code == 0, printed.stderr
    assert json.loads(printed.stdout)["accountType"] == "SPOT"
    assert SECRET not in printed.output
    assert API_KEY not in printed.output


def test_a_refusal_of_the_venue_is_told_on_stderr_with_exit_code_1(exchange: LocalExchange) -> None:
    printed = CliRunner().invoke(
        app, ["call", "order.status", "symbol=BTCUSDT", "orderId=99"], env=environment(exchange)
    )
    assert printed.exit_code == 1
    assert printed.stdout == ""
    assert "-2013" in printed.stderr


def test_public_data_needs_no_key(exchange: LocalExchange) -> None:
    printed = CliRunner().invoke(app, ["call", "time"], env={"BINANCE_ENVIRONMENT": exchange.url})
    assert printed.exit_code == 0, printed.stderr
    assert json.loads(printed.stdout)["serverTime"] > 1_600_000_000_000


def test_a_name_that_is_no_method_is_refused_before_it_is_sent(exchange: LocalExchange) -> None:
    printed = CliRunner().invoke(app, ["call", "order place"], env=environment(exchange))
    assert printed.exit_code == 2
    assert "did you mean order.place" in printed.stderr
    assert not any("order place" in str(frame.data) for frame in exchange.truth.frames)


@pytest.mark.parametrize(
    ("arguments", "environ", "told"),
    [
        (["call", "time"], {"BINANCE_ENVIRONMENT": ""}, "BINANCE_ENVIRONMENT"),
        (["call", "time"], {"BINANCE_ENVIRONMENT": "ws://example.com/ws-api/v3"}, "loopback"),
        (["call", "depth", "BTCUSDT"], {}, "name=value"),
        (["call", "depth", "symbol=BTCUSDT", "limit=1", "symbol=ETHUSDT"], {}, "symbol is given twice"),
        (["call", "time"], {"BINANCE_ENVIRONMENT": "testnet", "BINANCE_API_KEY": "x"}, "BINANCE_PRIVATE_KEY_FILE"),
    ],
)
def test_a_call_that_cannot_be_made_is_refused_with_the_remedy(
    arguments: list[str], environ: dict[str, str], told: str
) -> None:
    printed = CliRunner().invoke(app, [*arguments, "--timeout", "1"], env={"COLUMNS": "200", **environ})
    assert printed.exit_code == 2
    assert told in printed.output


def test_no_command_waits_for_the_client_to_load_but_those_that_use_it() -> None:
    """The local exchange is to stand within a second; the client with its models takes longer to load than that takes."""
    code = "import sys, binance_wsapi.cli.app; print({'binance_wsapi.client.spot', 'pydantic'} & sys.modules.keys())"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


def test_an_option_in_front_of_the_command_is_told_where_it_belongs() -> None:
    for before in (["--env", "local"], ["--env=local"], ["--json"]):
        done = CliRunner().invoke(app, [*before, "balances"])
        assert (done.exit_code, "Options come after the command" in done.stderr) == (2, True), before
    assert "come after" not in CliRunner().invoke(app, ["--nothing", "balances"]).stderr


@pytest.mark.parametrize("line", ["", "limits", "exchange", "order place", "keys new", "fate"])
def test_help_fills_its_lines(line: str) -> None:
    """A paragraph is broken where the terminal ends, and not where the source does."""
    printed = CliRunner().invoke(app, [*line.split(), "--help"], env={"COLUMNS": "80"}).stdout.partition("╭")[0]
    for paragraph in printed.split("\n" + " " * 80 + "\n"):
        rows = [each.strip() for each in paragraph.splitlines() if each.strip()]
        for row, following in itertools.pairwise(rows):
            assert len(row) + 1 + len(following.split()[0]) > 78, row


def commands(group: Any) -> Iterator[Any]:
    """Yield every command of a group, and of the groups in it."""
    for each in group.commands.values():
        yield from commands(each) if hasattr(each, "commands") else [each]


def test_help_names_the_value_of_each_option_and_none_of_a_flag() -> None:
    options = [
        each for every in commands(typer.main.get_command(app)) for each in every.params if each.opts[0].startswith("-")
    ]
    assert len(options) > 100
    assert {each.opts[0] for each in options if each.is_flag and each.metavar} == set()
    assert {each.opts[0] for each in options if not each.is_flag and not each.metavar} == set()


def test_no_flag_has_a_second_name_that_takes_it_back() -> None:
    found = {
        each.opts[0]
        for every in commands(typer.main.get_command(app))
        for each in every.params
        if getattr(each, "secondary_opts", [])
    }
    assert found == set()


def test_help_names_no_type_beside_an_option_that_takes_no_value() -> None:
    commands: Any = typer.main.get_command(app)
    names = [[], *([name] for name in commands.commands)]
    names += [[name, each] for name, group in commands.commands.items() for each in getattr(group, "commands", ())]
    assert ["order", "place"] in names
    for words in names:
        printed = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "120"})
        assert printed.exit_code == 0
        assert "--help" in printed.stdout
        assert "bool" not in printed.stdout.lower(), words


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("cancel BTCUSDT", "No such command 'cancel'. Did you mean 'order cancel'?"),
        ("new key.pem", "No such command 'new'. Did you mean 'keys new'?"),
        ("ordr", "Did you mean 'order'"),
        ("order plce", "Did you mean 'place'?"),
        ("order cancel BTCUSDT my-1", "An order is named by --id, its client order id, or by --order-id, its number"),
        ("order status BTCUSDT 5", "An order is named by --id, its client order id, or by --order-id, its number"),
    ],
)
def test_a_command_that_is_elsewhere_is_named(words: str, says: str) -> None:
    printed = CliRunner().invoke(app, words.split(), env={"COLUMNS": "120"})
    assert printed.exit_code == 2
    assert says in printed.stderr


def test_a_word_too_many_elsewhere_is_no_order() -> None:
    printed = CliRunner().invoke(app, ["ping", "BTCUSDT"], env={"COLUMNS": "120"})
    assert "unexpected extra argument" in printed.stderr
    assert "An order is named" not in printed.stderr


WIDTHS = (60, 80)


def every_command() -> list[list[str]]:
    """Return the words of every command, the groups and the program itself included."""
    found: list[list[str]] = [[]]
    for words in found:
        command: Any = typer.main.get_command(app)
        for word in words:
            command = command.commands[word]
        found += [[*words, name] for name in getattr(command, "commands", ())]
    return found


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_a_page_of_help_can_be_read_in_a_narrow_terminal(
    words: list[str], width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"COLUMNS": str(width), "NO_COLOR": "1", "TERM": "dumb"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:  # the runner of typer's tests makes every page 80 wide
        app([*words, "--help"])
    assert ended.value.code == 0
    page = capsys.readouterr().out
    lines = page.splitlines()
    assert max(map(len, lines)) <= width
    assert "\u2026" not in page, "a word was cut"
    texts = [len(line.strip("\u2502 ").rpartition("  ")[2]) for line in lines if line.startswith("\u2502 ")]
    assert not texts or max(texts) >= 25, f"the last column is {max(texts)} letters wide"


@pytest.mark.parametrize("words", [[], ["order"], ["keys"]], ids=" ".join)
def test_a_group_without_a_command_shows_its_commands_in_a_narrow_terminal_too(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    with pytest.raises(SystemExit) as ended:
        app(words)
    assert ended.value.code == 2
    assert "Commands" in (shown := capsys.readouterr().out) or "Look" in shown
