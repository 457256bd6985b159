"""Keys from environment variables: which names, which kind, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from binance_wsapi.errors import UsageError
from binance_wsapi.keys import Ed25519Key, HmacKey, RsaKey, load_from_env
from tests.keys import material
from tests.keys.material import API_KEY, pem, public_pem

ED = pem(material.ed25519_key()).decode()
KEY = {"BINANCE_API_KEY": API_KEY}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    contents = {
        "ed.pem": ED.encode(),
        "rsa.pem": pem(material.rsa_key()),
        "locked.pem": pem(material.rsa_key(), b"phrase"),
        "secret.txt": b"from-file\n",
    }
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
        (tmp_path / name).chmod(0o600)
    return {name: str(tmp_path / name) for name in contents}


def test_the_kind_follows_from_what_is_set(files: dict[str, str]) -> None:
    for variables, kind in (
        ({"BINANCE_PRIVATE_KEY_PEM": ED}, Ed25519Key),
        ({"BINANCE_PRIVATE_KEY_FILE": files["ed.pem"]}, Ed25519Key),
        ({"BINANCE_PRIVATE_KEY_FILE": files["rsa.pem"]}, RsaKey),
        ({"BINANCE_PRIVATE_KEY_FILE": files["locked.pem"], "BINANCE_PRIVATE_KEY_PASSPHRASE": "phrase"}, RsaKey),
        ({"BINANCE_API_SECRET": "secret"}, HmacKey),
        ({"BINANCE_API_SECRET_FILE": files["secret.txt"]}, HmacKey),
    ):
        key = load_from_env(environ=KEY | variables)
        assert type(key) is kind
        assert key.api_key == API_KEY


def test_the_secret_and_its_file_give_the_key_they_hold(files: dict[str, str]) -> None:
    for variables, secret in (
        ({"BINANCE_API_SECRET": "secret"}, "secret"),
        ({"BINANCE_API_SECRET_FILE": files["secret.txt"]}, "from-file"),
    ):
        expected = HmacKey(API_KEY, secret).sign(b"p")
        assert load_from_env(environ=KEY | variables).sign(b"p") == expected
        assert HmacKey.from_env(environ=KEY | variables).sign(b"p") == expected


def test_the_classes_read_their_own_variables(files: dict[str, str]) -> None:
    environ = KEY | {"BINANCE_PRIVATE_KEY_PEM": ED, "BINANCE_API_SECRET": "secret"}
    assert Ed25519Key.from_env(environ=environ).public_pem() == public_pem(material.ed25519_key())
    assert HmacKey.from_env(environ=environ).sign(b"p") == HmacKey(API_KEY, "secret").sign(b"p")
    with pytest.raises(UsageError, match="use Ed25519Key"):
        RsaKey.from_env(environ=environ)
    locked = KEY | {"BINANCE_PRIVATE_KEY_FILE": files["locked.pem"], "BINANCE_PRIVATE_KEY_PASSPHRASE": "phrase"}
    assert RsaKey.from_env(environ=locked).public_pem() == public_pem(material.rsa_key())


def test_the_variables_of_the_process_are_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PRIVATE_KEY_PEM", "PRIVATE_KEY_FILE", "API_SECRET_FILE"):
        monkeypatch.delenv(f"DESK7_{name}", raising=False)
    monkeypatch.setenv("DESK7_API_KEY", API_KEY)
    monkeypatch.setenv("DESK7_API_SECRET", "secret")
    assert load_from_env("DESK7").sign(b"p") == HmacKey(API_KEY, "secret").sign(b"p")
    assert HmacKey.from_env("DESK7").sign(b"p") == HmacKey(API_KEY, "secret").sign(b"p")


def test_two_accounts_are_kept_apart_by_their_prefix() -> None:
    environ = {"A_API_KEY": "a", "A_API_SECRET": "s1", "B_API_KEY": "b", "B_API_SECRET": "s2"}
    assert [load_from_env(prefix, environ=environ).api_key for prefix in "AB"] == ["a", "b"]


def test_a_pem_may_have_its_line_breaks_written_as_two_characters() -> None:
    environ = KEY | {"BINANCE_PRIVATE_KEY_PEM": ED.replace("\n", "\\n")}
    assert load_from_env(environ=environ).sign(b"p") == Ed25519Key.from_pem(ED.encode(), API_KEY).sign(b"p")


def test_an_empty_variable_counts_as_not_set() -> None:
    empty = {"BINANCE_PRIVATE_KEY_PEM": "", "BINANCE_PRIVATE_KEY_FILE": "", "BINANCE_PRIVATE_KEY_PASSPHRASE": ""}
    assert type(load_from_env(environ=KEY | empty | {"BINANCE_API_SECRET": "secret"})) is HmacKey
    assert type(Ed25519Key.from_env(environ=KEY | empty | {"BINANCE_PRIVATE_KEY_PEM": ED})) is Ed25519Key


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({}, "^not set: BINANCE_API_KEY$"),
        ({"BINANCE_API_SECRET": "s"}, "^not set: BINANCE_API_KEY$"),
        ({"BINANCE_API_KEY": ""}, "^not set: BINANCE_API_KEY$"),
        (
            KEY,
            "^not set: BINANCE_PRIVATE_KEY_PEM or BINANCE_PRIVATE_KEY_FILE or BINANCE_API_SECRET or BINANCE_API_SECRET_FILE$",
        ),
        (
            KEY | {"BINANCE_API_SECRET": "s", "BINANCE_PRIVATE_KEY_PEM": ED},
            "^only one of these may be set: BINANCE_PRIVATE_KEY_PEM, BINANCE_API_SECRET$",
        ),
        (
            KEY | {"BINANCE_PRIVATE_KEY_FILE": "key.pem", "BINANCE_PRIVATE_KEY_PEM": ED},
            "^only one of these may be set: BINANCE_PRIVATE_KEY_PEM, BINANCE_PRIVATE_KEY_FILE$",
        ),
        (
            KEY | {"BINANCE_API_SECRET": "s", "BINANCE_API_SECRET_FILE": "f"},
            "^only one of these may be set: BINANCE_API_SECRET, BINANCE_API_SECRET_FILE$",
        ),
        (
            KEY | {"BINANCE_API_SECRET": "s", "BINANCE_PRIVATE_KEY_PASSPHRASE": "p"},
            "^BINANCE_PRIVATE_KEY_PASSPHRASE is set, but no private key",
        ),
        (
            KEY | {"BINANCE_PRIVATE_KEY_PEM": "/etc/key.pem"},
            "holds no PEM; a path belongs into BINANCE_PRIVATE_KEY_FILE$",
        ),
        (KEY | {"BINANCE_PRIVATE_KEY_FILE": ED}, "the text of a key, and a path was expected"),
        (KEY | {"BINANCE_PRIVATE_KEY_FILE": "/nowhere/key.pem"}, "'key.pem' does not exist"),
        (KEY | {"BINANCE_PRIVATE_KEY_PEM": ED, "BINANCE_PRIVATE_KEY_PASSPHRASE": "p"}, "the PEM is not encrypted"),
        (KEY | {"BINANCE_API_SECRET": ED}, "use Ed25519Key or RsaKey"),
        (KEY | {"BINANCE_API_SECRET": API_KEY}, "the same text"),
        ({"BINANCE_API_KEY": "a b", "BINANCE_API_SECRET": "s"}, "got white space"),
    ],
)
def test_what_is_missing_doubled_or_misplaced_is_refused(variables: dict[str, str], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        load_from_env(environ=variables)


@pytest.mark.parametrize("prefix", ["", "A B", "1A", "A=", "A-B", "A\n"])
def test_a_prefix_no_variable_can_have_is_refused(prefix: str) -> None:
    with pytest.raises(UsageError, match="prefix"):
        load_from_env(prefix, environ=KEY)
