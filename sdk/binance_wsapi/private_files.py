"""Files for this user alone, made under any umask and never through a symbolic link.

A file that was there before is taken only if no other user made it, can write to it, or has it under another name.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path

__all__ = [
    "keep_private",
    "make_private",
    "make_private_folder",
    "refuse_others",
    "refuse_strange",
    "refuse_strange_folder",
]

_OTHERS_WRITE = 0o022
_OTHERS = 0o077
_REMEDY = "delete it, or name another path"


def make_private(path: Path) -> None:
    """Make an empty file that only this user may read and write, unless there is one; take that one from other readers.

    Raises:
        OSError: it cannot be made, or what is there is a symbolic link, no file, or not this user's alone.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        file = os.open(path, flags, 0o600)
    except FileExistsError:
        keep_private(path)
        return
    try:
        if hasattr(os, "fchmod"):
            os.fchmod(file, 0o600)
    finally:
        os.close(file)


def keep_private(path: Path) -> None:
    """Take a file, if there is one, from other readers. It is not opened: closing it would end this process's locks on it.

    Raises:
        OSError: it is a symbolic link, no file, or not this user's alone.
    """
    found = refuse_strange(path)
    if found is not None and hasattr(os, "geteuid") and found.st_mode & _OTHERS:
        path.chmod(0o600)


def refuse_strange(path: Path, remedy: str = _REMEDY) -> os.stat_result | None:
    """Refuse a file, if there is one, that is a link, no file, or not this user's alone to write to.

    Args:
        path: the file.
        remedy: what to do about it.

    Raises:
        OSError: it is; the message names the file, and what to do.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(found.st_mode):
        raise OSError(errno.ELOOP, f"it is a symbolic link, and none is followed: {remedy}", str(path))
    if stat.S_ISDIR(found.st_mode):
        raise OSError(errno.EISDIR, f"it is a directory: {remedy}", str(path))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, f"it is no file: {remedy}", str(path))
    refuse_others(path, found, remedy)
    return found


def make_private_folder(path: Path) -> None:
    """Make a folder that only this user may enter, unless there is one.

    Raises:
        OSError: it cannot be made, or what is there is a symbolic link, no folder, or not this user's alone.
    """
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    found = refuse_strange_folder(path)
    if stat.S_IMODE(found.st_mode) != 0o700:
        path.chmod(0o700)


def refuse_strange_folder(path: Path) -> os.stat_result:
    """Refuse what is a link, no folder, or not this user's alone to write to. Others may be able to read it.

    Raises:
        OSError: it is, or there is nothing; the message names the folder, and what to do.
    """
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        raise OSError(errno.ELOOP, f"it is a symbolic link, and none is followed: {_REMEDY}", str(path))
    if not stat.S_ISDIR(found.st_mode):
        raise OSError(errno.ENOTDIR, f"it is no folder: {_REMEDY}", str(path))
    refuse_others(path, found)
    return found


def refuse_others(path: Path, found: os.stat_result, remedy: str = _REMEDY) -> None:
    """Refuse what another user made or may change.

    Args:
        path: the file or folder.
        found: what the system tells of it.
        remedy: what to do about it.

    Raises:
        OSError: it is; the message names it.
    """
    if not hasattr(os, "geteuid"):
        return  # Windows has no such rights
    if found.st_uid != os.geteuid():
        raise OSError(errno.EPERM, f"user {found.st_uid} made it: {remedy}", str(path))
    if found.st_mode & _OTHERS_WRITE:
        raise OSError(errno.EPERM, f"other users can write to it: {remedy}", str(path))
    if stat.S_ISREG(found.st_mode) and found.st_nlink > 1:
        raise OSError(errno.EPERM, f"it has another name, too (a hard link): {remedy}", str(path))
