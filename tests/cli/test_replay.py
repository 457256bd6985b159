"""``binance-wsapi replay`` plays a recording to another program."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from binance_wsapi.observability import WireRecorder
from tests.cli.conftest import Terminal


def test_a_recording_is_played_until_it_is_stopped(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "wire.jsonl"
    with terminal.served.client(recorder=WireRecorder(path)) as client:
        client.ping()
        recorded = client.depth("BTCUSDT", limit=5)
    command = [sys.executable, "-m", "binance_wsapi", "replay", str(path), "--seconds", "30", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as playing:
        assert playing.stdout is not None
        told = json.loads(playing.stdout.readline())
        assert told["requests"] >= 2
        depth = terminal.json(["call", "depth", "symbol=BTCUSDT", "limit=5", "--env", told["url"], "--timeout", "10"])
        assert depth["bids"] == recorded.to_dict(wire_names=True)["bids"] or depth["lastUpdateId"]
        assert (
            "no further reply"
            in terminal.run(["call", "klines", "symbol=BTCUSDT", "interval=1m", "--env", told["url"]], code=1).stderr
        )
        playing.send_signal(2)
        ended = json.loads(playing.stdout.readline())
    assert ended["missing"] == ["klines"]
    assert playing.returncode == 0


def test_a_file_that_is_no_recording_is_refused(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("nonsense")
    assert "line 1 is no frame" in terminal.run(["replay", str(path)], code=2).stderr
