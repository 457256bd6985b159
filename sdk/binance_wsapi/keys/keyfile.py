"""Reading and writing files that hold a secret.

A key file is opened once and judged by its open descriptor, so that nothing can be exchanged between the look and the
read. On POSIX it is refused when another user than its owner may touch it, and when its name is a symbolic link to a file of
another user, who could then choose the key. Where an orchestrator insists on wider modes, read the file yourself and
hand the bytes to ``from_pem``.

No message here shows a path that might be a key passed in the wrong place: keys are base64, hex or alphanumeric and
have no dot, so only a file name with a dot in it is repeated.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path
from typing import Final

from binance_wsapi.errors import UsageError
from binance_wsapi.keys.secret import Secret

__all__ = ["as_path", "read_key_file", "write_key_file"]

# An RSA key of 4096 bits takes 3.3 kB as PEM; what is larger is another file.
MAX_SIZE: Final = 64 * 1024

# Absent on Windows, where they are neither needed nor known. Non-blocking: opening a FIFO must not wait for its writer.
_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_READ: Final = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)


def as_path(path: str | os.PathLike[str]) -> Path:
    """Return the path, having made sure that it is none of the things a key is.

    Raises:
        UsageError: ``path`` is bytes or the text of a PEM.
    """
    given: object = path
    text = os.fspath(given) if isinstance(given, str | os.PathLike) else None
    if not isinstance(text, str):
        raise UsageError(f"a path is str or Path, not {type(path).__name__}; the bytes of a PEM belong into from_pem")
    if "-----BEGIN" in text or "\n" in text or "\r" in text:
        raise UsageError("this is the text of a key, and a path was expected; use from_pem(text.encode())")
    if not text or "\0" in text or any("\ud800" <= character < "\udc80" for character in text):
        raise UsageError("the path is empty, or contains a character that no path has")
    return Path(text)


def read_key_file(path: str | os.PathLike[str]) -> Secret:
    """Return the contents of a key file.

    Args:
        path: the file; a leading ``~`` is the home directory.

    Raises:
        UsageError: the file cannot be read, is empty, is no ordinary file, or is open to other users.
    """
    place = as_path(path)
    shown = _shown(place)
    with contextlib.suppress(RuntimeError):  # no home directory: then the name is taken as it stands
        place = place.expanduser()
    descriptor, via_link = _open(place, shown)
    try:
        if refusal := _refusal(os.fstat(descriptor), via_link=via_link):
            raise UsageError(f"{shown} {refusal}")
        data = _read_all(descriptor)
    finally:
        os.close(descriptor)
    if data is None:
        raise UsageError(f"{shown} cannot be read")
    if len(data) > MAX_SIZE:
        raise UsageError(f"{shown} is larger than {MAX_SIZE // 1024} kB and is no key file")
    if not data.strip():
        raise UsageError(f"{shown} is empty")
    return Secret(data)


def write_key_file(path: str | os.PathLike[str], contents: Secret) -> None:
    """Write a new key file that only its owner can read, and bring it to the disk.

    Raises:
        UsageError: there is such a file already, or it cannot be written.
    """
    place = as_path(path)
    shown = _shown(place)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    problem = ""
    try:
        descriptor = os.open(place.expanduser(), flags, 0o600)
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                if file.write(contents.reveal()) != len(contents.reveal()):
                    raise OSError(errno.EIO, "short write")
                os.fsync(descriptor)
        except OSError:
            place.expanduser().unlink(missing_ok=True)
            raise
    except FileExistsError:
        problem = "exists already and is not overwritten"
    except (OSError, RuntimeError) as error:
        problem = f"cannot be written ({_reason(error)})"
    if problem:
        raise UsageError(f"{shown} {problem}")


def _open(place: Path, shown: str) -> tuple[int, bool]:
    """Return the open descriptor, and whether the name is a symbolic link."""
    try:
        return os.open(place, _READ | _NO_FOLLOW), False
    except OSError as error:
        number = error.errno
    # ELOOP is what POSIX says of O_NOFOLLOW on a link; FreeBSD says EMLINK, NetBSD EFTYPE.
    if _NO_FOLLOW and number in {errno.ELOOP, errno.EMLINK, getattr(errno, "EFTYPE", errno.ELOOP)}:
        try:
            return os.open(place, _READ), True
        except OSError as error:
            number = error.errno
    if number == errno.ENOENT:
        relative = not place.is_absolute() and "." in place.name
        raise UsageError(f"{shown} does not exist" + relative * "; its path begins where the program was started")
    raise UsageError(f"{shown} cannot be opened ({os.strerror(number or errno.EIO)})")


def _refusal(status: os.stat_result, *, via_link: bool) -> str | None:
    """Return why a file of this kind, owner and mode is not read; None when it is."""
    if not stat.S_ISREG(status.st_mode):
        return "is not a regular file"
    if os.name != "posix":  # Windows keeps its access rules elsewhere; the mode says nothing
        return None
    if via_link and status.st_uid != os.geteuid():
        return "is a symbolic link to a file of another user, who could exchange the key"
    if status.st_mode & 0o077:
        return f"can be used by other users (mode {stat.S_IMODE(status.st_mode):04o}); run chmod 600 on it"
    return None


def _read_all(descriptor: int) -> bytearray | None:
    data = bytearray()
    try:
        while len(data) <= MAX_SIZE and (block := os.read(descriptor, MAX_SIZE + 1)):
            data += block
    except OSError:
        return None
    return data


def _shown(place: Path) -> str:
    name = place.name
    if "." in name and len(name) <= 100:
        return f"key file {name!a}"
    return "the key file (its name, which could be a secret, is not shown)"


def _reason(error: Exception) -> str:
    return os.strerror(error.errno) if isinstance(error, OSError) and error.errno else type(error).__name__
