"""Files of the shared limits are this user's alone, and no link is followed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from binance_wsapi.limits.shared.sqlite import SqliteStore
from binance_wsapi.limits.shared.store import StoreUnavailable
from tests.limits.shared.reports import now_ms, tell


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_files_and_folders_are_this_user_s_alone_under_any_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        store = SqliteStore(tmp_path / "limits.db", timeout=5.0)
        tell(store, now_ms())
    finally:
        os.umask(before)
    for path in tmp_path.rglob("*"):
        mode = stat.S_IMODE(path.lstat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path
    store.close()


@pytest.mark.parametrize("name", ["limits.db", "limits.db-members"])
def test_no_link_is_followed(tmp_path: Path, name: str) -> None:
    (tmp_path / "victim").mkdir()
    victim = tmp_path / "victim" / "file"
    victim.write_text("precious")
    (tmp_path / name).symlink_to(victim if name == "limits.db" else victim.parent)
    store = SqliteStore(tmp_path / "limits.db", timeout=0.1)
    with pytest.raises(StoreUnavailable):
        tell(store, now_ms())
    assert [(each.name, each.read_text()) for each in victim.parent.iterdir()] == [("file", "precious")]
