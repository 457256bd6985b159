"""From the bytes of a PEM to a private key, with a plain word about everything that is not one.

`cryptography` is imported where it is used: it takes longer to import than the rest of the library's key handling, and
the program needs it only when the first key is loaded.
"""

from __future__ import annotations

import binascii
import codecs
import re
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias

from binance_wsapi.errors import UsageError
from binance_wsapi.keys.secret import Passphrase, Secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

__all__ = ["PrivateKey", "dump_private_key", "dump_public_key", "kind_of", "load_private_key", "reveal_passphrase"]

PrivateKey: TypeAlias = "Ed25519PrivateKey | RSAPrivateKey"

# The longest that OpenSSL reads.
MAX_PASSPHRASE: Final = 1023

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
_BEGIN: Final = b"-----BEGIN "
_PRIVATE: Final = ("PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY")
# The DER of object identifier 1.2.840.113549.1.1.10, id-RSASSA-PSS (RFC 8017, appendix C).
_PSS_OID: Final = bytes.fromhex("06092a864886f70d01010a")

_HOW_TO_GENERATE: Final = "make one with: openssl genpkey -algorithm ed25519 -out key.pem"
_OTHER_BLOCKS: Final = {
    "PUBLIC KEY": "is the public key, which the venue is given; the private key is wanted here",
    "RSA PUBLIC KEY": "is the public key, which the venue is given; the private key is wanted here",
    "CERTIFICATE": "is a certificate; the private key is wanted here",
    "OPENSSH PRIVATE KEY": f"is in the format of OpenSSH, which the venue does not use; {_HOW_TO_GENERATE}",
    "EC PRIVATE KEY": f"holds an elliptic curve (EC) key; the venue takes Ed25519 or RSA; {_HOW_TO_GENERATE}",
    "EC PARAMETERS": f"holds an elliptic curve (EC) key; the venue takes Ed25519 or RSA; {_HOW_TO_GENERATE}",
    "DSA PRIVATE KEY": f"is a DSA key; the venue takes Ed25519 or RSA; {_HOW_TO_GENERATE}",
}


def load_private_key(pem: Secret, passphrase: Passphrase | None = None) -> PrivateKey:
    """Return the one private key in a PEM, Ed25519 or RSA.

    CRLF line ends, a UTF-8 byte order mark and text around the block are harmless and allowed.

    Args:
        pem: PKCS#8 (``PRIVATE KEY``, ``ENCRYPTED PRIVATE KEY``) or PKCS#1 (``RSA PRIVATE KEY``).
        passphrase: opens an encrypted PEM. A callable is asked only when the PEM is encrypted; a given passphrase for a
            PEM that is not encrypted is refused, because the caller believes that the file is protected.

    Raises:
        UsageError: there is no such key in it, or the passphrase is missing or wrong.
    """
    label, block = _find_block(pem)
    encrypted = label == "ENCRYPTED PRIVATE KEY" or b"Proc-Type: 4,ENCRYPTED" in block.reveal()
    if encrypted and passphrase is None:
        raise UsageError("the PEM is encrypted and no passphrase was given")
    if not encrypted and passphrase is not None and not callable(passphrase):
        raise UsageError("a passphrase was given, but the PEM is not encrypted: every reader of the file has the key")
    # Asked here, where no local variable holds the key: a callable may raise any error.
    password = reveal_passphrase(passphrase) if encrypted and passphrase is not None else None
    return _checked(_decode(block, password), block)


def kind_of(private_key: object) -> str:
    """Return the name of the algorithm that a key of `cryptography` is for; "" for anything else."""
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x448, x25519

    kinds: dict[type, str] = {
        ed25519.Ed25519PrivateKey: "Ed25519",
        rsa.RSAPrivateKey: "RSA",
        ec.EllipticCurvePrivateKey: "elliptic curve (EC)",
        dsa.DSAPrivateKey: "DSA",
        ed448.Ed448PrivateKey: "Ed448",
        x25519.X25519PrivateKey: "X25519",
        x448.X448PrivateKey: "X448",
    }
    return next((name for kind, name in kinds.items() if isinstance(private_key, kind)), "")


def dump_private_key(private_key: PrivateKey, passphrase: Passphrase | None) -> Secret:
    """Return a private key as PKCS#8 PEM, encrypted when there is a passphrase."""
    from cryptography.hazmat.primitives import serialization

    protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase is not None:
        protection = serialization.BestAvailableEncryption(reveal_passphrase(passphrase).reveal())
    return Secret(private_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection))


def dump_public_key(private_key: PrivateKey) -> bytes:
    """Return the public half as SubjectPublicKeyInfo PEM, which is what the venue's key page takes."""
    from cryptography.hazmat.primitives import serialization

    return private_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def reveal_passphrase(passphrase: Passphrase) -> Secret:
    """Return the passphrase itself, having asked for it if it is a callable."""
    answer: object = passphrase() if callable(passphrase) else passphrase
    if isinstance(answer, Secret):
        return answer
    if not isinstance(answer, str | bytes):
        raise UsageError(f"a passphrase is str or bytes, or a callable that returns one, not {type(answer).__name__}")
    if not answer:
        raise UsageError("the passphrase is empty")
    secret = Secret(answer)
    del answer
    if len(secret.reveal()) > MAX_PASSPHRASE:
        raise UsageError(f"the passphrase is longer than {MAX_PASSPHRASE} bytes")
    return secret


def _find_block(pem: Secret) -> tuple[str, Secret]:
    data = pem.reveal()
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UsageError("the PEM is in UTF-16; save it as ASCII or UTF-8")
    if not data.removeprefix(codecs.BOM_UTF8).strip():
        raise UsageError("the PEM is empty")
    blocks = {(match[1].decode(), match[0]) for match in _BLOCK.finditer(data)}
    private = [(label, block) for label, block in blocks if label in _PRIVATE]
    if len(private) > 1:
        raise UsageError(f"there are {len(private)} private keys in the PEM; keep only the key to be used")
    if not private:
        _refuse_blocks({label for label, _ in blocks}, data)
    label, block = private[0]
    return label, Secret(block)


def _refuse_blocks(labels: set[str], data: bytes) -> NoReturn:
    for label, what in _OTHER_BLOCKS.items():
        if label in labels:
            raise UsageError(f"the PEM {what}")
    if labels:
        raise UsageError("the PEM holds no private key of a kind that the venue takes (Ed25519 or RSA)")
    if _BEGIN in data:
        raise UsageError("the PEM is cut off or damaged: it has a BEGIN line without the matching END line")
    if data[:1] == b"\x30":  # an ASN.1 SEQUENCE
        raise UsageError("this is DER, not PEM; convert it with: openssl pkey -inform DER -in key.der -out key.pem")
    raise UsageError('this is no PEM: there is no "BEGIN PRIVATE KEY" line. A path belongs into from_file')


def _decode(block: Secret, password: Secret | None) -> PrivateKeyTypes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(block.reveal(), None if password is None else password.reveal())
    except UnsupportedAlgorithm:
        problem = "is of a kind or has an encryption that is not supported"
    except (ValueError, TypeError):
        if password is None:
            problem = "is damaged: it cannot be decoded"
        else:
            problem = "cannot be opened: the passphrase is wrong, or the PEM is damaged"
    raise UsageError(f"the PEM {problem}")


def _checked(private_key: PrivateKeyTypes, block: Secret) -> PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    if isinstance(private_key, Ed25519PrivateKey):
        return private_key
    if not isinstance(private_key, RSAPrivateKey):
        kind = kind_of(private_key) or "an unknown algorithm"
        raise UsageError(f"the PEM holds a private key for {kind}; the venue takes Ed25519 or RSA; {_HOW_TO_GENERATE}")
    if _is_pss(block):
        raise UsageError(
            "the PEM is an RSA key restricted to RSA-PSS; the venue takes RSASSA-PKCS1-v1_5 signatures only; "
            "make one with: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:4096 -out key.pem"
        )
    return private_key


def _is_pss(block: Secret) -> bool:
    """Whether the PEM says "RSA-PSS only", which `cryptography` drops; unknowable while the PEM is encrypted."""
    body = b"".join(block.reveal().splitlines()[1:-1])
    try:
        head = binascii.a2b_base64(body)[:40]
    except binascii.Error:  # PKCS#1 with headers
        return False
    return _PSS_OID in head
