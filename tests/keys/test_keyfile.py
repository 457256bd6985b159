"""Key files: who may own them, who may read them, and that the file judged is the file read."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from binance_wsapi.errors import UsageError
from binance_wsapi.keys import Ed25519Key, HmacKey, RsaKey
from binance_wsapi.keys.keyfile import read_key_file, write_key_file
from binance_wsapi.keys.secret import Secret
from tests.keys import material
from tests.keys.material import API_KEY, pem, public_pem


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "key.pem"
    path.write_bytes(pem(material.ed25519_key()))
    path.chmod(0o600)
    return path


def test_a_private_file_is_read_by_str_and_by_path(key_file: Path) -> None:
    for path in (key_file, str(key_file)):
        assert Ed25519Key.from_file(path, API_KEY).public_pem() == public_pem(material.ed25519_key())


def test_an_encrypted_file_asks_for_its_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(pem(material.rsa_key(), b"phrase"))
    path.chmod(0o400)
    assert RsaKey.from_file(path, API_KEY, lambda: "phrase").public_pem() == public_pem(material.rsa_key())


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o700])
def test_a_file_for_its_owner_alone_is_taken(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    assert read_key_file(key_file).reveal() == pem(material.ed25519_key())


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o606, 0o644, 0o620, 0o602, 0o610, 0o777])
def test_a_file_that_others_can_use_is_refused_with_the_remedy(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    with pytest.raises(UsageError, match=rf"'key\.pem' can be used by other users \(mode {mode:04o}\); run chmod 600"):
        Ed25519Key.from_file(key_file, API_KEY)


def test_a_link_to_ones_own_file_is_followed(key_file: Path) -> None:
    link = key_file.with_name("link.pem")
    link.symlink_to(key_file)
    read_key_file(link)
    key_file.chmod(0o644)
    with pytest.raises(UsageError, match="chmod 600"):
        read_key_file(link)


def test_a_link_to_another_users_file_is_refused(key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen from another user: the file itself is a matter of its mode, a link to it could be turned."""
    link = key_file.with_name("link.pem")
    link.symlink_to(key_file)
    somebody_else = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: somebody_else)
    read_key_file(key_file)
    with pytest.raises(UsageError, match="symbolic link to a file of another user"):
        read_key_file(link)


def test_the_file_that_was_judged_is_the_file_that_is_read(key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exchanging the file after the look at its mode changes nothing: one descriptor serves both."""
    original, fstat, opened = key_file.read_bytes(), os.fstat, []
    os_open = os.open

    def exchange_then_look(descriptor: int) -> os.stat_result:
        key_file.unlink()
        key_file.write_bytes(b"-----BEGIN an attacker's key")
        return fstat(descriptor)

    def count(path: Any, *arguments: int) -> int:
        opened.append(path)
        return os_open(path, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fstat", exchange_then_look)
        patch.setattr(os, "open", count)
        contents = read_key_file(key_file)
    assert contents == Secret(original)
    assert len(opened) == 1


def test_the_file_that_was_opened_is_the_file_that_is_judged(key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file open to others is not excused by a private one that takes its name after the open."""
    os_open = os.open
    private = key_file.with_name("private.pem")
    private.write_bytes(key_file.read_bytes())
    private.chmod(0o600)

    def open_then_exchange(path: Any, *arguments: int) -> int:
        descriptor = os_open(path, *arguments)
        private.rename(key_file)
        return descriptor

    key_file.chmod(0o644)
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", open_then_exchange)
        with pytest.raises(UsageError, match="chmod 600"):
            read_key_file(key_file)


def test_the_descriptor_is_closed_in_every_case(key_file: Path, tmp_path: Path) -> None:
    def descriptors() -> int:
        return len(os.listdir("/dev/fd"))  # noqa: PTH208

    before = descriptors()
    read_key_file(key_file)
    key_file.chmod(0o644)
    for path in (key_file, tmp_path, tmp_path / "none.pem"):
        with pytest.raises(UsageError):
            read_key_file(path)
    assert descriptors() == before


def test_a_missing_file_is_named_only_when_its_name_cannot_be_a_key(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^key file 'none\.pem' does not exist$"):
        read_key_file(tmp_path / "none.pem")
    with pytest.raises(
        UsageError, match=r"^key file 'none\.pem' does not exist; its path begins where the program was started$"
    ):
        read_key_file("nowhere/none.pem")
    secret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
    with pytest.raises(
        UsageError, match=r"^the key file \(its name, which could be a secret, is not shown\) does not exist$"
    ):
        HmacKey.from_file(secret, API_KEY)


def test_a_directory_a_fifo_and_a_device_are_no_key_files(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.pem"
    os.mkfifo(fifo, 0o600)
    for path in (tmp_path, fifo, "/dev/null"):
        with pytest.raises(UsageError, match="is not a regular file"):
            read_key_file(path)


def test_dangling_and_circular_links_are_refused(tmp_path: Path) -> None:
    dangling, circle = tmp_path / "dangling.pem", tmp_path / "circle.pem"
    dangling.symlink_to(tmp_path / "nowhere")
    circle.symlink_to(circle)
    with pytest.raises(UsageError, match=r"'dangling\.pem' does not exist"):
        read_key_file(dangling)
    with pytest.raises(UsageError, match=r"'circle\.pem' cannot be opened"):
        read_key_file(circle)


def test_a_file_that_may_not_be_opened_is_refused_without_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(path: object, *_: int) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(os, "open", deny)
    with pytest.raises(UsageError, match=r"^key file 'key\.pem' cannot be opened \(Permission denied\)$") as caught:
        read_key_file("/secret/place/key.pem")
    assert caught.value.__cause__ is None


def test_a_file_that_fails_while_it_is_read_is_refused(key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: int) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "read", fail)
    with pytest.raises(UsageError, match="cannot be read"):
        read_key_file(key_file)


@pytest.mark.parametrize(
    ("contents", "why"), [(b"", "is empty"), (b" \n\t\r\n", "is empty"), (b"x" * 65537, "larger than 64 kB")]
)
def test_an_empty_file_and_a_large_one_are_refused(key_file: Path, contents: bytes, why: str) -> None:
    key_file.write_bytes(contents)
    with pytest.raises(UsageError, match=rf"'key\.pem' is {why.removeprefix('is ')}"):
        read_key_file(key_file)


def test_a_file_delivered_in_pieces_is_read_to_its_end(key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, size: read(descriptor, min(size, 7)))
    assert read_key_file(key_file) == Secret(key_file.read_bytes())


@pytest.mark.parametrize(
    ("path", "why"),
    [
        (
            "-----BEGIN PRIVATE KEY-----",
            r"the text of a key, and a path was expected; use from_pem\(text\.encode\(\)\)",
        ),
        ("MC4CAQAw\nBQYDK2Vw", "the text of a key"),
        ("MC4CAQAw\r", "the text of a key"),
        (b"-----BEGIN PRIVATE KEY-----", "not bytes; the bytes of a PEM belong into from_pem"),
        (b"key.pem", "not bytes"),
        (None, "not NoneType"),
        (7, "not int"),
        ("", "the path is empty"),
        ("a\ud800", "a character that no path has"),
        ("a\0b", "a character that no path has"),
    ],
)
@pytest.mark.parametrize("key_class", [Ed25519Key, RsaKey, HmacKey])
def test_from_file_takes_nothing_but_a_path(key_class: type[Ed25519Key | HmacKey], path: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        key_class.from_file(path, API_KEY)


def test_the_home_directory_is_found(key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(key_file.parent))
    read_key_file("~/key.pem")
    with pytest.raises(UsageError, match="does not exist"):
        read_key_file("~no-such-user-here/key.pem")


# --------------------------------------------------------------------------- HMAC secrets in files


@pytest.mark.parametrize("contents", [b"secret", b"secret\n", b"secret\r\n", b"\xef\xbb\xbfsecret\r\n"])
def test_an_hmac_secret_is_read_without_mark_and_line_end(tmp_path: Path, contents: bytes) -> None:
    path = tmp_path / "secret.txt"
    path.write_bytes(contents)
    path.chmod(0o600)
    assert HmacKey.from_file(path, API_KEY).sign(b"p") == HmacKey(API_KEY, "secret").sign(b"p")


@pytest.mark.parametrize(
    "contents", [b"two\nlines", b"secret\n\n", b" secret", b"secret ", b"s\0", b"\xef\xbb\xbf\n", b"\xff\xfes"]
)
def test_a_file_that_holds_more_than_a_secret_is_refused(tmp_path: Path, contents: bytes) -> None:
    path = tmp_path / "secret.txt"
    path.write_bytes(contents)
    path.chmod(0o600)
    with pytest.raises(UsageError, match=r"the secret (must be visible ASCII|is empty)"):
        HmacKey.from_file(path, API_KEY)


# --------------------------------------------------------------------------- writing


@pytest.mark.parametrize("passphrase", [None, "phrase", lambda: b"phrase"])
def test_a_generated_key_survives_being_saved(tmp_path: Path, passphrase: str | None) -> None:
    key, path = Ed25519Key.generate(), tmp_path / "new.pem"
    umask = os.umask(0)
    try:
        key.save(path, passphrase=passphrase)
    finally:
        os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (b"ENCRYPTED" in path.read_bytes()) is (passphrase is not None)
    again = Ed25519Key.from_file(path, API_KEY, passphrase)
    assert again.public_pem() == key.public_pem()
    assert again.sign(b"p") == key.sign(b"p")


def test_a_file_that_exists_is_never_overwritten(key_file: Path) -> None:
    before = key_file.read_bytes()
    with pytest.raises(UsageError, match=r"'key\.pem' exists already and is not overwritten"):
        Ed25519Key.generate().save(key_file, passphrase=None)
    link = key_file.with_name("link.pem")
    link.symlink_to(key_file)
    with pytest.raises(UsageError, match="exists already"):
        Ed25519Key.generate().save(link, passphrase=None)
    assert key_file.read_bytes() == before


def test_a_directory_that_is_not_there_is_reported(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot be written \(No such file or directory\)"):
        write_key_file(tmp_path / "none" / "key.pem", Secret("x"))


def test_half_a_key_is_not_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="No space left on device"):
        write_key_file(tmp_path / "key.pem", Secret("x"))
    assert list(tmp_path.iterdir()) == []
