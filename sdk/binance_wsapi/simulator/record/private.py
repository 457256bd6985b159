"""Files of a record: of this user alone, and never reached through a symbolic link."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

__all__ = ["open_private"]


def open_private(path: str | Path) -> int:
    """Open a file to write, made with mode 0600 or set to it, and return its descriptor. It is not emptied.

    Raises:
        OSError: it cannot be opened, or a link, another user's file, or something that is no file, is there.
    """
    flags = os.O_WRONLY | os.O_CREAT
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)
    if Path(path).is_symlink():  # where the system has no O_NOFOLLOW, and for a message that says so
        raise OSError(errno.ELOOP, "it is a symbolic link", str(path))
    file = os.open(path, flags, 0o600)
    try:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is no file", str(path))
        if found.st_nlink > 1:
            raise OSError(errno.EMLINK, "the file has another name, too (a hard link)", str(path))
        if hasattr(os, "geteuid") and found.st_uid != os.geteuid():
            raise OSError(errno.EPERM, f"user {found.st_uid} made it: delete it, or name another file", str(path))
        if hasattr(os, "fchmod"):
            os.fchmod(file, 0o600)
    except OSError:
        os.close(file)
        raise
    return file
