"""The command that runs the exchange says how to connect, and what it says works."""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from typer.testing import CliRunner

from binance_wsapi.cli.exchange.command import exchange
from binance_wsapi.simulator import LocalExchange

app = typer.Typer()
app.command()(exchange)


def test_it_starts_says_how_to_connect_and_keeps_its_key(tmp_path: Path) -> None:
    arguments = ["--port", "0", "--seconds", "0.01", "--market", "manual", "--directory", str(tmp_path)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert re.search(r"ws://127\.0\.0\.1:\d+/ws-api/v3", result.output)
    path = tmp_path / "local-exchange.pem"
    assert str(path) in result.output.replace("\n", "")
    assert path.stat().st_mode & 0o077 == 0, "a private key is its owner's only"
    first = path.read_bytes()
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert path.read_bytes() == first, "the key of yesterday still works today"


def test_it_says_where_it_is_as_json_for_programs(tmp_path: Path) -> None:
    arguments = ["--port", "0", "--seconds", "0.01", "--market", "manual", "--directory", str(tmp_path), "--json"]
    result = CliRunner().invoke(app, [*arguments, "--transcript", str(tmp_path / "frames.jsonl")])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["url"] == told["variables"]["BINANCE_ENVIRONMENT"]
    assert told["variables"]["BINANCE_PRIVATE_KEY_FILE"] == str((tmp_path / "local-exchange.pem").absolute())
    assert told["page"].startswith("http://127.0.0.1:")
    assert "frames in" in result.stderr


def test_a_transcript_follows_no_link_and_is_for_this_user_alone(tmp_path: Path) -> None:
    arguments = ["--port", "0", "--seconds", "0.01", "--market", "manual", "--directory", str(tmp_path), "--transcript"]
    precious, link, second = tmp_path / "precious", tmp_path / "link", tmp_path / "second"
    precious.write_text("precious")
    link.symlink_to(precious)
    second.hardlink_to(precious)
    for path in (link, second, tmp_path, Path(os.devnull)):
        assert CliRunner().invoke(app, [*arguments, str(path)]).exit_code == 2
        assert precious.read_text() == "precious"
    with pytest.raises(OSError, match="symbolic link"):
        LocalExchange(market="manual").write_transcript(link)
    old = tmp_path / "old.jsonl"
    old.write_text("what was there before")
    old.chmod(0o644)
    assert CliRunner().invoke(app, [*arguments, str(old)]).exit_code == 0
    assert (old.stat().st_mode & 0o777, old.read_text()) == (0o600, "")
    old.write_text("an earlier run")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        again = ["--port", str(taken.getsockname()[1]), *arguments[2:], str(old), "--json"]
        done = CliRunner().invoke(app, again)
    assert (done.exit_code, json.loads(done.stderr)["error"]) == (1, "OSError")
    assert old.read_text() == "an earlier run"


def test_a_transcript_is_written_over_no_file_of_another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, owner = tmp_path / "old.jsonl", os.geteuid()
    path.write_text("theirs")
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(PermissionError, match=f"user {owner} made it: delete it, or name another file"):
        LocalExchange(market="manual").write_transcript(path)
    assert path.read_text() == "theirs"


@pytest.mark.parametrize("arguments", [["--market", "bull"], ["--port", "70000"], ["--public-key", "/no/such/file"]])
def test_wrong_arguments_are_refused(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 2


def test_a_file_without_a_public_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("no key")
    result = CliRunner().invoke(app, ["--port", "0", "--public-key", str(path)])
    assert result.exit_code == 2
    assert "no public Ed25519 or RSA key" in result.output.replace("\n", " ")


def test_a_taken_port_is_an_error_and_no_traceback(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(app, ["--port", port, "--seconds", "1", "--directory", str(tmp_path)])
    assert result.exit_code == 1
    assert "cannot listen on port" in result.output
    assert "--port 0 takes a free one" in result.output


def test_what_it_prints_works_when_it_is_pasted(tmp_path: Path) -> None:
    """The exports and the first calls in Python and JavaScript, as a shell runs them."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from binance_wsapi.cli import main; main()", "exchange", "--port", "0"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        told = "".join(iter(process.stdout.readline, "Ctrl-C stops it.\n")) + "Ctrl-C"
        pasted = told[told.index("export ") : told.index("Or, in JavaScript")]
        script = told[told.index("node --input") : told.index("With HMAC")]
        node = shutil.which("node")
        if node is not None:
            pasted += script.replace("node ", f"{node} --experimental-websocket ", 1)
        pasted += told[told.index("export BINANCE_API_KEY=local-hmac") : told.index("Ctrl-C")]
        pasted += told[told.index("python - <<") : told.index("Or, in JavaScript")]
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-euc", pasted], cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, text=True,
            timeout=100,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert len(re.findall("(NEW|FILLED) 0", done.stdout)) == 2, done.stdout
        assert node is None or '"status":200' in done.stdout
    finally:
        process.terminate()
        process.communicate()


def test_the_lag_is_none_or_a_word_or_seconds(tmp_path: Path, caught: list[LocalExchange]) -> None:
    assert "Queries see an order at once" in start(tmp_path)
    start(tmp_path, "--lag", "venue")
    start(tmp_path, "--lag", "1.5")
    assert [each.lag for each in caught] == [(0, 0), (0, 0.05), (1.5, 1.5)]


# --- every option ------------------------------------------------------------------------------------------------------


def start(folder: Path, *arguments: str, seconds: str = "0.01") -> str:
    """Run the command for a moment and return what it said."""
    common = ["--port", "0", "--seconds", seconds, "--market", "manual", "--directory", str(folder)]
    result = CliRunner().invoke(app, [*common, *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def refuse(folder: Path, *arguments: str, code: int = 2) -> str:
    result = CliRunner().invoke(app, ["--port", "0", "--seconds", "0.01", "--directory", str(folder), *arguments])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return " ".join(result.output.replace("│", " ").split())


@pytest.mark.skipif(sys.platform == "win32", reason="rights of POSIX")
@pytest.mark.parametrize("name", ["local-exchange.pem", "tls", "tls/server-key.pem"])
@pytest.mark.parametrize("what", ["link", "writable"])
def test_keys_that_are_links_or_that_others_may_change_are_refused(tmp_path: Path, name: str, what: str) -> None:
    start(tmp_path, "--tls")
    path, victim = tmp_path / name, tmp_path.parent / f"{tmp_path.name} elsewhere"
    if what == "link":
        path.rename(victim)
        path.symlink_to(victim)
    else:
        path.chmod(0o777)
    before = {each: each.stat().st_mtime_ns for each in tmp_path.rglob("*")}
    assert path.name in refuse(tmp_path, "--tls").replace(" ", "")
    assert {each: each.stat().st_mtime_ns for each in tmp_path.rglob("*")} == before


@pytest.mark.skipif(sys.platform == "win32", reason="rights of POSIX")
@pytest.mark.parametrize("what", ["link", "writable", "file", "dangling"])
def test_a_directory_that_is_a_link_or_that_others_may_change_is_refused(tmp_path: Path, what: str) -> None:
    folder, victim = tmp_path / "keys", tmp_path / "victim"
    if what == "file":
        folder.touch()
    elif what == "writable":
        folder.mkdir()
        folder.chmod(0o777)
    else:
        folder.symlink_to(victim)
        if what == "link":
            victim.mkdir(0o700)
    assert "--directory" in refuse(folder, "--tls")
    assert not victim.exists() or not list(victim.iterdir())
    assert what == "file" or not list(folder.parent.glob("keys/*"))


def test_a_new_key_is_written_through_no_link(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    (tmp_path / "local-exchange.pem").symlink_to(victim)
    refuse(tmp_path)
    assert not victim.exists()


def test_a_key_file_that_holds_no_key_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "local-exchange.pem").write_text("garbage")
    assert "delete it, and a new one is made" in refuse(tmp_path)


@pytest.fixture
def caught(monkeypatch: pytest.MonkeyPatch) -> list[LocalExchange]:
    """The exchanges the command made, with what is on them when it stops."""
    made: list[LocalExchange] = []
    original = LocalExchange.__aenter__

    async def watched(self: LocalExchange) -> LocalExchange:
        made.append(self)
        return await original(self)

    monkeypatch.setattr(LocalExchange, "__aenter__", watched)
    return made


def test_several_keys_of_each_kind_are_registered(
    tmp_path: Path, caught: list[LocalExchange], monkeypatch: pytest.MonkeyPatch
) -> None:
    ed = Ed25519PrivateKey.generate().public_key()
    rsa = generate_private_key(65537, 2048).public_key()
    for name, key in (("ed.pem", ed), ("rsa.pem", rsa)):
        (tmp_path / name).write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (tmp_path / "secret").write_text("from-a-file-1234567\n")
    monkeypatch.setenv("BOT_SECRET", "from-the-environment")
    output = start(
        tmp_path,
        "--public-key", str(tmp_path / "ed.pem"), "--public-key", f"bot={tmp_path / 'rsa.pem'}",
        "--hmac-env", "one=BOT_SECRET", "--hmac-file", f"two={tmp_path / 'secret'}",
    )  # fmt: skip
    keys = caught[0]._venue.keys
    assert [(keys.find(name).kind) for name in ("local", "bot", "one", "two")] == ["ed25519", "rsa", "hmac", "hmac"]
    message = b"x"
    signature = hmac.new(b"from-a-file-1234567", message, "sha256").hexdigest()
    assert keys.find("two").verify(signature, message), "the line end of the file is no part of the secret"
    assert "from-" not in output
    assert "local-hmac" not in output
    for name in ("local", "bot", "one", "two"):
        assert f"API key         {name} (" in output


def test_symbols_and_balances_are_as_chosen(tmp_path: Path, caught: list[LocalExchange]) -> None:
    start(
        tmp_path,
        "--symbol", "BTCUSDT", "--symbol", "SOL/USDT=150.5",
        "--balance", "USDT=1000.5", "--balance", "BTC=0", "--balance", "SOL=7", "--balance", "bob:BTC=2",
    )  # fmt: skip
    [exchange] = caught
    assert list(exchange._venue.listings) == ["BTCUSDT", "SOLUSDT"]
    alice, bob = exchange.truth.balances("alice"), exchange.truth.balances("bob")
    assert [str(alice[asset][0].normalize()) for asset in ("USDT", "BTC", "SOL")] == ["1000.5", "0", "7"]
    assert alice["BNB"][0] == 1000, "what was not named stays"
    assert bob["BTC"][0] == 2


def test_symbols_are_listed_as_exchange_info_describes_them(tmp_path: Path, caught: list[LocalExchange]) -> None:
    row = {"symbol": "ABCXYZ", "baseAsset": "ABC", "quoteAsset": "XYZ", "price": "5", "icebergAllowed": False,
           "filters": [{"filterType": "LOT_SIZE", "minQty": "2", "maxQty": "50", "stepSize": "2"}]}  # fmt: skip
    path = tmp_path / "symbols.json"
    path.write_text(json.dumps({"symbols": [row]}))
    start(tmp_path, "--exchange-info", str(path), "--symbol", "ETHUSDT")
    assert [each.spec.symbol for each in caught[0].listings] == ["ABCXYZ", "ETHUSDT"]
    assert caught[0].listings[0].price == 5
    assert caught[0].listings[0].smallest_quantity == 2
    path.write_text('{"symbols": [{"symbol": "A"}]}')
    assert "a symbol needs" in refuse(tmp_path, "--exchange-info", str(path))
    path.write_text("{")
    assert "--exchange-info" in refuse(tmp_path, "--exchange-info", str(path))


def test_every_setting_can_be_made_with_the_command(tmp_path: Path, caught: list[LocalExchange]) -> None:
    from tests.simulator.means import SAMPLES

    later = ("expire_order", "reference_price")  # they need an order, and a symbol with such a price
    settings = [json.dumps({"setting": name, **params}) for name, params in SAMPLES.items() if name not in later]
    start(tmp_path, *(part for text in settings for part in ("--set", text)))
    venue = caught[0]._venue
    assert "XYZUSDT" in venue.listings
    assert venue.engine.status("BTCUSDT") == "HALT"
    assert venue.engine.account(1).discount.enabled
    assert venue.engine.exchange_filters[0].as_json()["maxNumOrders"] == 7
    assert [each.base_asset for each in venue.engine.sors] == ["BTC", "ETH"]
    for wrong in ("{", "[]", '{"setting": "nothing"}', '{"setting": "discount", "price": 1}'):
        assert "--set" in refuse(tmp_path, "--set", wrong)
    late = '{"setting": "withdraw", "account": "alice", "asset": "BTC", "amount": "101"}'
    assert "withdraw" in refuse(tmp_path, "--set", late, code=1), "what only the exchange itself can tell"


@pytest.mark.parametrize("price", ["100000", "60000", "3000", "1", "0.05", "0.00001234"])
def test_a_new_symbol_of_any_price_can_be_traded(tmp_path: Path, caught: list[LocalExchange], price: str) -> None:
    start(tmp_path, "--market", "live", "--symbol", f"NEW/USDT={price}", seconds="0.1")
    assert caught[0]._venue.tape["NEWUSDT"].trades, "the live market trades it"


def test_tls_says_whom_to_trust(tmp_path: Path) -> None:
    output = start(tmp_path, "--tls", "--control-port", "0")
    assert "wss://127.0.0.1:" in output
    assert "https://127.0.0.1:" in output
    ca = tmp_path / "tls" / "ca.pem"
    assert ca.read_bytes().startswith(b"-----BEGIN CERTIFICATE-----")
    assert f"ca_file='{ca}'" in output
    assert re.search(r"control +http://127\.0\.0\.1:\d+", output)


def test_a_tape_is_played_and_its_end_told(tmp_path: Path) -> None:
    path = tmp_path / "ETHUSDT-trades-2025-01-01.csv"
    path.write_text("1,3000.00,1.5,4500,1735689600000000,True,True\n2,3001.00,1.5,4500,1735689601000000,True,True\n")
    output = start(tmp_path, "--tape", str(path), "--speed", "100", seconds="1")
    assert "the tape is at its end: 2 trades" in output
    path.write_text("1,3000.00,1.5,4500,1735689600000000,True,True\nbroken\n")
    assert "line 2" in refuse(tmp_path, "--tape", str(path), "--seconds", "30", code=1)


def test_a_scenario_happens_and_the_transcript_is_written(tmp_path: Path, caught: list[LocalExchange]) -> None:
    (tmp_path / "storm.toml").write_text('[[fault]]\nfault = "drop"\n')
    output = start(tmp_path, "--scenario", str(tmp_path / "storm.toml"), "--transcript", str(tmp_path / "frames"))
    assert caught[0].faults.waiting == 1
    assert "0 frames in" in output
    assert (tmp_path / "frames").read_text() == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--symbol", "XRPUSDT"], "neither BASE/QUOTE=PRICE nor one of"),
        (["--symbol", "A/B=0"], "neither"),
        (["--symbol", "A/B=1.2.3"], "neither"),
        (["--balance", "USDT"], "is not ASSET=AMOUNT"),
        (["--balance", "USDT=-1"], "is not ASSET=AMOUNT"),
        (["--balance", "USDT=NaN"], "is not ASSET=AMOUNT"),
        (["--balance", "=5"], "is not ASSET=AMOUNT"),
        (["--market", "tape"], "tape with --tape FILE"),
        (["--tape", "/no/such/file"], "does not exist"),
        (["--hmac-env", "one=NOT_SET_ANYWHERE"], "NOT_SET_ANYWHERE is not set"),
        (["--hmac-file", "one=/no/such/file"], "No such file"),
        (["--lag", "long"], "lag must be 'venue' or seconds"),
        (["--lag", "-1"], "lag must be 'venue' or seconds"),
        (["--speed", "0", "--tape", __file__], "speed must be a number above 0"),
        (["--tape", __file__], "does not name its symbol"),
        (["--scenario", __file__], "test_command.py:"),
    ],
)
def test_each_wrong_argument_is_told(tmp_path: Path, arguments: list[str], message: str) -> None:
    assert message in refuse(tmp_path, *arguments)


def test_what_may_be_a_secret_is_not_repeated(tmp_path: Path) -> None:
    assert "hunter2" not in refuse(tmp_path, "--hmac-env", "hunter2")
    assert "hunter2" not in refuse(tmp_path, "--hmac-file", "hunter2")


def test_a_tape_of_a_symbol_that_is_not_listed_says_how_to_list_it(tmp_path: Path) -> None:
    path = tmp_path / "SOLUSDT-trades-2025-01-01.csv"
    path.write_text("1,150.00,1.5,225,1735689600000000,True,True\n")
    assert "--symbol BASE/QUOTE=PRICE" in refuse(tmp_path, "--tape", str(path))
    output = start(tmp_path, "--tape", str(path), "--symbol", "SOL/USDT=150", seconds="0.2")
    assert "at its end: 1 trades" in output


def test_the_real_process_listens_and_ends_by_ctrl_c(tmp_path: Path) -> None:
    """Under a second on a free machine; here it only has to get there, and to need less than a second of processor."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from binance_wsapi.cli import main; main()", "exchange", "--port", "0"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"WebSocket API +ws://127\.0\.0\.1:(\d+)/", line):
                break
        else:
            raise AssertionError("it never said where it listens")
        with socket.create_connection(("127.0.0.1", int(found[1])), timeout=30):
            pass
        process.send_signal(signal.SIGINT)
        assert "stopped" in process.stdout.read()
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_without_end_change_neither_the_exit_code_nor_the_transcript(
    number: signal.Signals, tmp_path: Path
) -> None:
    """asyncio's handlers go with its loop, and Python's with the interpreter: a second signal killed the process."""
    transcript = tmp_path / "frames.jsonl"
    process = subprocess.Popen(
        [sys.executable, "-m", "binance_wsapi", "exchange", "--port", "0", "--transcript", str(transcript)],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert "Ctrl-C stops it.\n" in iter(process.stdout.readline, "")
        while process.poll() is None:
            process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.002)
        assert (process.returncode, process.stdout.read()) == (0, f"stopped\n0 frames in {transcript}\n")
    finally:
        process.kill()
        process.communicate()


def test_faults_and_settings_hold_from_the_start_and_wrong_words_are_told(tmp_path: Path) -> None:
    arguments = ["--port", "0", "--seconds", "0.01", "--market", "manual", "--directory", str(tmp_path)]
    good = ["--set", '{"setting": "pace", "lifetime": 60}', "--fault", '{"fault": "busy", "seconds": 9}']
    assert CliRunner().invoke(app, [*arguments, *good]).exit_code == 0
    for option, word, told in (
        ("--fault", '{"fault": "explode"}', "there is no fault"),
        ("--fault", "{", "--fault"),
        ("--fault", '{"fault": "revoke", "api_key": "none"}', "there is no"),
        ("--set", '{"setting": "pace", "speed": 2}', "pace takes"),
    ):
        result = CliRunner().invoke(app, [*arguments, option, word])
        assert result.exit_code != 0
        assert told in re.sub(r"[\s│]+", " ", result.output)
