"""Files and folders for this user alone: what is made, what is taken from others, and what is refused untouched."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from binance_wsapi.private_files import (
    keep_private,
    make_private,
    make_private_folder,
    refuse_strange,
    refuse_strange_folder,
)

Step = Callable[[Path], object]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
def test_what_is_made_is_this_user_s_alone_under_any_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        make_private(tmp_path / "file")
        make_private_folder(tmp_path / "folder")
    finally:
        os.umask(before)
    assert (mode(tmp_path / "file"), mode(tmp_path / "folder")) == (0o600, 0o700)


def test_what_was_there_is_taken_from_readers_and_keeps_its_content(tmp_path: Path) -> None:
    file, folder = tmp_path / "file", tmp_path / "folder"
    file.write_text("precious")
    file.chmod(0o644)
    folder.mkdir()
    folder.chmod(0o755)
    make_private(file)
    make_private_folder(folder)
    assert (mode(file), mode(folder), file.read_text()) == (0o600, 0o700, "precious")


def test_a_file_that_is_absent_is_refused_by_no_look_and_made_by_none(tmp_path: Path) -> None:
    assert refuse_strange(tmp_path / "file") is None
    keep_private(tmp_path / "file")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        refuse_strange_folder(tmp_path / "folder")


@pytest.mark.parametrize("step", [make_private, keep_private, refuse_strange, make_private_folder])
def test_no_link_is_followed_not_even_to_a_file_or_folder_of_this_user(tmp_path: Path, step: Step) -> None:
    target = tmp_path / "target"
    target.mkdir() if step is make_private_folder else target.touch()
    target.chmod(0o755)
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(OSError, match="it is a symbolic link, and none is followed: delete it, or name another path"):
        step(tmp_path / "link")
    assert mode(target) == 0o755


def test_a_link_to_nothing_makes_no_file_where_it_points(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="symbolic link"):
        make_private(tmp_path / "link")
    assert not (tmp_path / "target").exists()


def test_a_folder_is_no_file_a_pipe_neither_and_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    with pytest.raises(IsADirectoryError, match="it is a directory: delete it"):
        make_private(tmp_path / "folder")
    with pytest.raises(OSError, match="it is no file: delete it"):
        make_private(tmp_path / "pipe")
    with pytest.raises(NotADirectoryError, match="it is no folder: delete it"):
        make_private_folder(tmp_path / "file")


@pytest.mark.parametrize("bits", [0o620, 0o602])
def test_what_a_group_or_others_can_write_to_is_refused_and_stays_as_it_is(tmp_path: Path, bits: int) -> None:
    file, folder = tmp_path / "file", tmp_path / "folder"
    file.touch()
    folder.mkdir()
    for each, step in ((file, make_private), (folder, make_private_folder)):
        each.chmod(bits)
        with pytest.raises(PermissionError, match="other users can write to it: delete it, or name another path"):
            step(each)
        assert mode(each) == bits


@pytest.mark.parametrize("step", [make_private, keep_private, refuse_strange])
def test_a_file_with_a_second_name_is_refused(tmp_path: Path, step: Step) -> None:
    (tmp_path / "victim").touch(0o644)
    os.link(tmp_path / "victim", tmp_path / "file")
    before = mode(tmp_path / "victim")
    with pytest.raises(PermissionError, match="it has another name, too"):
        step(tmp_path / "file")
    assert mode(tmp_path / "victim") == before


@pytest.mark.parametrize("step", [make_private, make_private_folder])
def test_what_another_user_made_is_refused(tmp_path: Path, step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    step(tmp_path / "mine")
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(PermissionError, match=f"user {owner} made it: delete it, or name another path"):
        step(tmp_path / "mine")


def test_the_remedy_is_the_caller_s_where_it_names_one(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(IsADirectoryError, match="it is a directory: name the file in it"):
        refuse_strange(tmp_path / "file", "name the file in it")
