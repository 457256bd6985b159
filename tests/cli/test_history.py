"""Rows between two times, into files."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import subprocess
import sys
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.cli.conftest import Terminal


@pytest.fixture
def since(terminal: Terminal) -> str:
    """Trade twice, and return a moment before."""
    for _ in range(2):
        terminal.run("order place BTCUSDT BUY MARKET -q 0.01")
    return f"{datetime.now(UTC) - timedelta(minutes=5):%Y-%m-%dT%H:%M:%S}"


def test_rows_go_into_a_csv_file_as_the_venue_sent_them(terminal: Terminal, since: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    told = terminal.run(f"history btcusdt --from {since} --what my-trades -o {file}")
    with file.open() as lines:
        rows = list(csv.DictReader(lines))
    assert [row["qty"] for row in rows] == ["0.01000000"] * 2
    assert all(row["time"].isdigit() for row in rows)
    assert "2 rows" in told.stderr
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []


def test_rows_go_into_a_parquet_file_as_numbers(terminal: Terminal, since: str, tmp_path: Path) -> None:
    file = tmp_path / "trades.parquet"
    terminal.run(f"history BTCUSDT --from {since} --what trades -o {file}")
    frame = pl.read_parquet(file)
    assert frame["qty"].to_list() == [0.01, 0.01]


def test_without_a_file_rows_are_printed(terminal: Terminal, since: str) -> None:
    printed = terminal.run(f"history BTCUSDT --from {since} --what trades").stdout.splitlines()
    assert printed[0].startswith("id,price")
    assert len(printed) == 3
    lines = terminal.run(f"history BTCUSDT --from {since} --what trades --json").stdout.splitlines()
    assert [json.loads(line)["qty"] for line in lines] == ["0.01000000"] * 2


def test_a_file_that_is_there_stays_unless_force_says_otherwise(terminal: Terminal, since: str, tmp_path: Path) -> None:
    file = tmp_path / "kept.csv"
    file.write_text("mine")
    assert "--force" in terminal.run(f"history BTCUSDT --from {since} -o {file}", code=2).stderr
    assert file.read_text() == "mine"
    terminal.run(f"history BTCUSDT --from {since} --what trades -o {file} --force")
    assert file.read_text() != "mine"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("--what candles", "--what must be one of"),
        ("-o rows.xlsx", ".csv or .parquet"),
        ("-o nowhere/rows.csv", "no folder"),
        ("-o rows.csv --json", "leave out --output"),
        ("--from yesterday", "yesterday"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_asked(more: str, told: str, terminal: Terminal) -> None:
    assert told in terminal.run(f"history BTCUSDT --from 2024-01-01 {more}", code=2).stderr


def test_a_refusal_leaves_no_file(terminal: Terminal, tmp_path: Path) -> None:
    terminal.run(f"history NOPE --from 2024-01-01 --what trades -o {tmp_path / 'x.csv'}", code=1)
    assert [path.name for path in tmp_path.iterdir()] == ["key.pem"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--from yesterday", "--from must be ISO text"),
        ("--from 2024-01-02 --interval 1x", "--interval must be one of 1s, 1m,"),
        ("--from 2024-01-02 --to now", "--to must be ISO text"),
        ("--from 2024-01-02 --to 2024-01-01", "--to must not be before --from"),
    ],
)
def test_a_time_that_is_none_is_told_by_its_option_before_a_connection(
    line: str, told: str, terminal: Terminal
) -> None:
    done = terminal.run(f"history BTCUSDT {line} --env ws://127.0.0.1:9/ws-api/v3", code=2)
    assert told in " ".join(done.stderr.split())


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of POSIX")
@pytest.mark.parametrize(("more", "drawn"), [("", False), ("-o rows.csv", True)])
def test_a_bar_is_drawn_where_no_rows_are_printed(
    more: str, drawn: bool, terminal: Terminal, since: str, tmp_path: Path
) -> None:
    import pty

    primary, secondary = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, "-m", "binance_wsapi", *f"history BTCUSDT --from {since} --what trades {more}".split()],
        env={**os.environ, **terminal.environ, "BINANCE_CONFIG": os.devnull, "TERM": "xterm"},
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=secondary,
        stderr=secondary,
    )
    os.close(secondary)
    shown = b""
    with contextlib.suppress(OSError):  # how a terminal ends
        while part := os.read(primary, 4096):
            shown += part
    os.close(primary)
    assert running.wait(timeout=20) == 0
    assert (b" %" in shown) is drawn
    assert b"2 rows" in shown


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_file_that_cannot_be_written_to_its_end_is_told_in_a_line(
    terminal: Terminal, since: str, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a full disk: the packages raise errors of their own, and an earlier file stays."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    def full_table(*_: object) -> None:
        raise pl.exceptions.ComputeError("parquet: underlying IO error: No space left on device (os error 28)")

    monkeypatch.setattr("binance_wsapi.cli.history._write_csv", full)
    monkeypatch.setattr(pl.DataFrame, "write_parquet", full_table)
    file = tmp_path / f"kept.{kind}"
    file.write_text("mine")
    told = terminal.run(f"history BTCUSDT --from {since} --what trades -o {file} --force", code=2)
    assert "No space left on device" in told.stderr
    assert "Traceback" not in told.stderr
    assert [(each.name, each.read_text()) for each in tmp_path.glob("*kept*")] == [(file.name, "mine")]


def test_a_name_that_no_file_can_have_is_refused_before_rows_are_asked_for(terminal: Terminal, since: str) -> None:
    told = terminal.run(f"history BTCUSDT --from {since} -o {'y' * 300}.csv", code=2)
    assert "cannot be the name of a file" in told.stderr


def test_the_extra_of_parquet_brings_what_writes_it() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    assert [each.partition(">")[0] for each in project["optional-dependencies"]["parquet"]] == ["polars"]
