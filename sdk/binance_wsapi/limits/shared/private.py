"""Files for this user alone, made under any umask and never through a symbolic link."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

__all__ = ["make_private", "make_private_folder"]


def make_private(path: Path) -> None:
    """Make an empty file that only this user may read and write, unless there is one.

    Raises:
        OSError: it cannot be made, or a symbolic link or something that is no file is there.
    """
    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        file = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
        made = True
    except FileExistsError:
        file = os.open(path, flags)
        made = False
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError(errno.EINVAL, "it is no file", str(path))
        if made and hasattr(os, "fchmod"):
            os.fchmod(file, 0o600)
    finally:
        os.close(file)


def make_private_folder(path: Path) -> None:
    """Make a folder that only this user may enter, unless there is one.

    Raises:
        OSError: it cannot be made, or a symbolic link or something that is no folder is there.
    """
    try:
        path.mkdir(mode=0o700)
        path.chmod(0o700)
    except FileExistsError:
        pass
    if not stat.S_ISDIR(path.lstat().st_mode):
        raise OSError(errno.ELOOP, "it is no folder", str(path))
