"""Which PEM files are taken, and what is said about the others."""

from __future__ import annotations

import base64
import codecs
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from binance_wsapi.errors import UsageError
from binance_wsapi.keys import Ed25519Key, RsaKey, Secret
from tests.keys import material
from tests.keys.material import API_KEY, pem, public_pem

TRADITIONAL = PrivateFormat.TraditionalOpenSSL
PHRASE = b"correct horse"


def ed() -> bytes:
    return pem(material.ed25519_key())


def same_key(key: Ed25519Key | RsaKey) -> bool:
    expected = material.ed25519_key() if isinstance(key, Ed25519Key) else material.rsa_key()
    return key.public_pem() == public_pem(expected)


# --------------------------------------------------------------------------- taken


@pytest.mark.parametrize(
    "dress",
    [
        lambda text: text,
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: codecs.BOM_UTF8 + text,
        lambda text: text.rstrip(b"\n"),
        lambda text: b"\n\n" + text + b"\n\n",
        lambda text: b"Bag Attributes: none\n" + text,
        lambda text: public_pem(material.ed25519_key()) + text,
        lambda text: text + text,
        bytearray,
        Secret,
    ],
    ids=["plain", "crlf", "bom", "no-newline", "blanks", "text", "public", "twice", "bytearray", "Secret"],
)
def test_a_key_is_taken_in_any_harmless_dress(dress: Callable[[bytes], bytes]) -> None:
    assert same_key(Ed25519Key.from_pem(dress(ed()), API_KEY))


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, TRADITIONAL])
def test_rsa_is_taken_as_pkcs8_and_pkcs1(form: PrivateFormat) -> None:
    assert same_key(RsaKey.from_pem(pem(material.rsa_key(), form=form), API_KEY))


@pytest.mark.parametrize(
    "passphrase", [PHRASE, PHRASE.decode(), Secret(PHRASE), lambda: PHRASE, lambda: Secret(PHRASE)]
)
def test_a_passphrase_may_be_bytes_text_secret_or_callable(passphrase: Callable[[], bytes]) -> None:
    assert same_key(Ed25519Key.from_pem(pem(material.ed25519_key(), PHRASE), API_KEY, passphrase))


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, TRADITIONAL])
def test_an_encrypted_rsa_key_opens_in_both_formats(form: PrivateFormat) -> None:
    assert same_key(RsaKey.from_pem(pem(material.rsa_key(), PHRASE, form), API_KEY, PHRASE))


def test_a_callable_is_asked_once_and_only_for_an_encrypted_pem() -> None:
    asked: list[int] = []

    def ask() -> bytes:
        asked.append(1)
        return PHRASE

    Ed25519Key.from_pem(ed(), API_KEY, ask)
    assert asked == []
    Ed25519Key.from_pem(pem(material.ed25519_key(), PHRASE), API_KEY, ask)
    assert asked == [1]


# --------------------------------------------------------------------------- refused


@pytest.mark.parametrize("key_class", [Ed25519Key, RsaKey])
@pytest.mark.parametrize("text", ["key.pem", "-----BEGIN PRIVATE KEY-----\n", ""])
def test_from_pem_never_takes_str(key_class: type[Ed25519Key | RsaKey], text: str) -> None:
    with pytest.raises(UsageError, match=r"not str.*from_file\(path, \.\.\.\).*from_pem\(text\.encode\(\), \.\.\.\)"):
        key_class.from_pem(text, API_KEY)  # type: ignore[arg-type]


@pytest.mark.parametrize("thing", [None, 7, Path("key.pem"), ["x"]])
def test_from_pem_takes_nothing_but_bytes(thing: object) -> None:
    with pytest.raises(UsageError, match="takes the bytes of a PEM, not"):
        Ed25519Key.from_pem(thing, API_KEY)  # type: ignore[arg-type]


def ec_traditional() -> bytes:
    return pem(ec.generate_private_key(ec.SECP256R1()), form=TRADITIONAL)


def ed_public() -> bytes:
    return public_pem(material.ed25519_key())


def rsa_public_pkcs1() -> bytes:
    return material.rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1)


def openssh() -> bytes:
    return pem(material.ed25519_key(), form=PrivateFormat.OpenSSH)


def der() -> bytes:
    return material.ed25519_key().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def block(label: str, content: bytes = b"\x30\x03\x02\x01\x00") -> bytes:
    body = base64.encodebytes(content).decode()
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n".encode()


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: b"", "the PEM is empty"),
        (lambda: b" \r\n\t", "the PEM is empty"),
        (lambda: codecs.BOM_UTF8, "the PEM is empty"),
        (lambda: ed().decode().encode("utf-16"), "UTF-16; save it as ASCII or UTF-8"),
        (lambda: b"key.pem", "this is no PEM.* A path belongs into from_file"),
        (lambda: ed()[:60], "cut off or damaged"),
        (lambda: ed().replace(b"END PRIVATE", b"END PUBLIC"), "cut off or damaged"),
        (der, "DER, not PEM; convert it with: openssl pkey -inform DER"),
        (ed_public, "is the public key, which the venue is given"),
        (rsa_public_pkcs1, "is the public key, which the venue is given"),
        (openssh, "in the format of OpenSSH.*openssl genpkey -algorithm ed25519"),
        (ec_traditional, r"elliptic curve \(EC\)"),
        (lambda: block("DSA PRIVATE KEY"), "DSA"),
        (lambda: block("CERTIFICATE"), "is a certificate"),
        (lambda: block("PGP MESSAGE"), "no private key of a kind that the venue takes"),
        (lambda: block("PRIVATE KEY"), "is damaged: it cannot be decoded"),
        (lambda: block("RSA PRIVATE KEY", b"\xff" * 40), "is damaged: it cannot be decoded"),
        (lambda: b"-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----", "is damaged: it cannot be decoded"),
        (lambda: b"-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----", "is damaged: it cannot be decoded"),
        (lambda: ed() + pem(material.rsa_key()), "there are 2 private keys in the PEM"),
        (material.rsa_pss_pem, "restricted to RSA-PSS; the venue takes RSASSA-PKCS1-v1_5"),
    ],
)
@pytest.mark.parametrize("key_class", [Ed25519Key, RsaKey])
def test_what_is_no_usable_pem_is_refused_with_its_name(
    key_class: type[Ed25519Key | RsaKey], make: Callable[[], bytes], why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        key_class.from_pem(make(), API_KEY)


def test_the_pss_key_of_these_tests_would_pass_for_plain_rsa() -> None:
    """Otherwise the refusal above would prove nothing."""
    loaded = load_pem_private_key(material.rsa_pss_pem(), None)
    assert loaded.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) == pem(material.rsa_key())


@pytest.mark.parametrize("word", ["elliptic curve (EC)", "DSA", "Ed448", "X25519", "X448"])
@pytest.mark.parametrize("passphrase", [None, PHRASE])
@pytest.mark.parametrize("key_class", [Ed25519Key, RsaKey])
def test_a_private_key_of_another_algorithm_is_refused(
    key_class: type[Ed25519Key | RsaKey], passphrase: bytes | None, word: str
) -> None:
    with pytest.raises(UsageError) as caught:
        key_class.from_pem(pem(material.other_keys()[word], passphrase), API_KEY, passphrase)
    assert word in str(caught.value)
    assert "the venue takes Ed25519 or RSA" in str(caught.value)


def test_each_class_names_the_other_for_the_others_key() -> None:
    with pytest.raises(UsageError, match="use RsaKey"):
        Ed25519Key.from_pem(pem(material.rsa_key()), API_KEY)
    with pytest.raises(UsageError, match="use Ed25519Key"):
        RsaKey.from_pem(ed(), API_KEY)


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, TRADITIONAL])
def test_a_missing_passphrase_and_a_wrong_one_are_told_apart(form: PrivateFormat) -> None:
    encrypted = pem(material.rsa_key(), PHRASE, form)
    with pytest.raises(UsageError, match="is encrypted and no passphrase was given"):
        RsaKey.from_pem(encrypted, API_KEY)
    with pytest.raises(UsageError, match="the passphrase is wrong, or the PEM is damaged"):
        RsaKey.from_pem(encrypted, API_KEY, "wrong")


def test_a_passphrase_for_a_pem_that_is_not_encrypted_is_refused() -> None:
    with pytest.raises(UsageError, match="the PEM is not encrypted: every reader of the file has the key"):
        Ed25519Key.from_pem(ed(), API_KEY, PHRASE)


@pytest.mark.parametrize(
    ("passphrase", "why"),
    [
        ("", "is empty"),
        (b"", "is empty"),
        (7, "not int"),
        (lambda: None, "not NoneType"),
        ("x" * 1024, "longer than 1023"),
    ],
)
def test_a_passphrase_that_is_none_is_refused(passphrase: str, why: str) -> None:
    with pytest.raises(UsageError, match=f"passphrase .*{why}"):
        Ed25519Key.from_pem(pem(material.ed25519_key(), PHRASE), API_KEY, passphrase)


def test_what_a_passphrase_callable_raises_reaches_the_caller_as_it_is() -> None:
    class VaultSealed(Exception):
        pass

    def ask() -> bytes:
        raise VaultSealed

    with pytest.raises(VaultSealed):
        Ed25519Key.from_pem(pem(material.ed25519_key(), PHRASE), API_KEY, ask)
