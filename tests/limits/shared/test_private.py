"""Files of the shared limits are this user's alone, and no link is followed."""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import closing
from pathlib import Path

import pytest

from binance_wsapi.errors import UsageError
from binance_wsapi.limits.limiter import RequestLimiter
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


DATABASE, LOG, INDEX, MEMBERS = "limits.db", "limits.db-wal", "limits.db-shm", "limits.db-members"


def refusal(path: Path) -> str:
    """Return what an exchange, a look and a client say of the file; all the same."""
    store = SqliteStore(path, timeout=0.2)
    with pytest.raises(StoreUnavailable) as caught:
        tell(store, now_ms())
    assert caught.value.hopeless, "a client raises a UsageError when it is entered"
    with pytest.raises(StoreUnavailable) as looked:
        store.inspect()
    assert str(looked.value) == str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", [DATABASE, LOG, INDEX, "limits.db-journal", MEMBERS])
def test_what_other_users_can_write_to_is_refused_by_its_name_with_the_remedy(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir() if name == MEMBERS else (tmp_path / name).touch()
    (tmp_path / name).chmod(0o777 if name == MEMBERS else 0o666)
    told = refusal(tmp_path / DATABASE)
    assert f"other users can write to it: delete it, or name another path: '{tmp_path / name}'" in told


@pytest.mark.parametrize("name", [DATABASE, MEMBERS])
def test_what_another_user_made_is_refused(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / name).mkdir(0o700) if name == MEMBERS else (tmp_path / name).touch(0o600)
    if name == MEMBERS:
        (tmp_path / DATABASE).touch(0o600)
    owner = os.geteuid()
    answers = iter([owner, owner + 1] if name == MEMBERS else [owner + 1])
    monkeypatch.setattr(os, "geteuid", lambda: next(answers, owner + 1))
    store = SqliteStore(tmp_path / DATABASE, timeout=0.2)
    with pytest.raises(StoreUnavailable, match=f"user {owner} made it: delete it, or name another path") as caught:
        tell(store, now_ms())
    assert caught.value.hopeless
    monkeypatch.undo()


@pytest.mark.parametrize("name", [DATABASE, LOG, INDEX])
def test_a_hard_link_is_refused_and_the_other_file_stays_as_it_is(tmp_path: Path, name: str) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious" * 5_000)
    victim.chmod(0o600)
    os.link(victim, tmp_path / name)
    assert "hard link" in refusal(tmp_path / DATABASE)
    assert victim.read_bytes() == b"precious" * 5_000


def test_what_other_users_can_only_read_is_taken_from_them(tmp_path: Path) -> None:
    for name in (DATABASE, LOG, "limits.db-journal"):
        (tmp_path / name).touch(0o644)
    (tmp_path / MEMBERS).mkdir(0o755)
    store = SqliteStore(tmp_path / DATABASE, timeout=5.0)
    tell(store, now_ms())
    modes = {name: stat.S_IMODE((tmp_path / name).stat().st_mode) for name in (DATABASE, LOG, INDEX, MEMBERS)}
    assert modes == {DATABASE: 0o600, LOG: 0o600, INDEX: 0o600, MEMBERS: 0o700}
    store.close()


@pytest.mark.parametrize("name", [DATABASE, MEMBERS])
def test_what_others_can_write_to_while_it_is_in_use_is_refused_until_it_is_taken_from_them(
    tmp_path: Path, name: str
) -> None:
    with closing(SqliteStore(tmp_path / DATABASE, timeout=5.0)) as store:
        epoch = tell(store, now_ms(), want=5).epoch
        mode = stat.S_IMODE((tmp_path / name).stat().st_mode)
        (tmp_path / name).chmod(0o777 if name == MEMBERS else 0o666)
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="other users can write to it: delete it") as caught:
                tell(store, now_ms(), epoch=epoch)
            assert caught.value.hopeless
        (tmp_path / name).chmod(mode)
        assert tell(store, now_ms(), epoch=epoch).epoch == epoch


@pytest.mark.parametrize(
    ("name", "mode"), [(DATABASE, 0o644), (LOG, 0o644), (INDEX, 0o644), (LOG, 0o666), (INDEX, 0o666)]
)
def test_what_others_can_use_while_it_is_in_use_is_taken_from_them_and_told_once(
    tmp_path: Path, name: str, mode: int
) -> None:
    """A log is made anew when the last process that uses it opens the file again, so what others wrote to is gone."""
    with closing(SqliteStore(tmp_path / DATABASE, timeout=5.0)) as store:
        epoch = tell(store, now_ms()).epoch
        (tmp_path / name).chmod(mode)
        assert "other users can use it no more" in tell(store, now_ms(), epoch=epoch).trouble
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
        again = tell(store, now_ms(), epoch=epoch)
        assert (again.trouble, again.epoch) == ("", epoch)


def test_a_second_name_that_is_made_in_use_is_refused(tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / DATABASE, timeout=5.0)) as store:
        epoch = tell(store, now_ms()).epoch
        (tmp_path / "second").hardlink_to(tmp_path / DATABASE)
        with pytest.raises(StoreUnavailable, match="hard link"):
            tell(store, now_ms(), epoch=epoch)


def test_a_folder_that_is_removed_in_use_is_told_and_the_store_returns_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "budget"
    folder.mkdir()
    with closing(SqliteStore(folder / DATABASE, timeout=5.0)) as store:
        epoch = tell(store, now_ms(), want=5).epoch
        shutil.rmtree(folder)
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="No such file or directory"):
                tell(store, now_ms(), epoch=epoch)
        folder.mkdir()
        back = tell(store, now_ms(), epoch=epoch, want=5)
        assert (back.epoch != epoch, back.grants[0].granted) == (True, 0), "a store that lost its memory"


def test_a_store_in_the_process_that_opens_it_again_keeps_its_locks(tmp_path: Path) -> None:
    """Closing any descriptor of a file ends the locks of the whole process on it: another must not be opened."""
    with (
        closing(SqliteStore(tmp_path / DATABASE, timeout=5.0)) as one,
        closing(SqliteStore(tmp_path / DATABASE, timeout=5.0)) as two,
    ):
        tell(one, now_ms())
        held = locks_on(tmp_path / DATABASE)
        assert held
        tell(two, now_ms())
        assert locks_on(tmp_path / DATABASE) >= held


def locks_on(path: Path) -> int:
    """Return how many locks this process holds on a file."""
    inode = str(path.stat().st_ino)
    lines = Path("/proc/locks").read_text().splitlines()
    return sum(f":{inode} " in line and f" {os.getpid()} " in line for line in lines)


async def test_a_store_that_is_refused_at_the_beginning_is_told_by_the_error_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / DATABASE).touch()
    (tmp_path / DATABASE).chmod(0o666)
    with closing(SqliteStore(tmp_path / DATABASE, timeout=1.0)) as store:
        limiter = RequestLimiter(store, now_ms=now_ms)
        with pytest.raises(UsageError, match="other users can write to it"):
            await limiter.open()
        await limiter.aclose()
    assert [record for record in caplog.records if record.levelname != "DEBUG"] == []
