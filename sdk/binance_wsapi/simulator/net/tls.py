"""Certificates for the local exchange: an authority of its own, and one certificate for this machine's loopback names.

Nothing trusts the authority until it is told to, by its file. It is made anew for every exchange unless it is kept in a
folder; its key never leaves the process, or the folder, where only its owner can read it.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from binance_wsapi.simulator.paths import as_path

__all__ = ["Tls"]

NAMES = ("localhost",)
ADDRESSES = ("127.0.0.1", "::1")
_CA, _CHAIN, _KEY = "ca.pem", "server.pem", "server-key.pem"
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Tls:
    """An authority and what it certified, all in PEM.

    Attributes:
        ca_pem: the authority's certificate: what a client has to trust.
        certificate_pem: the exchange's certificate.
    """

    ca_pem: bytes
    certificate_pem: bytes
    _key_pem: bytes = field(repr=False)

    @classmethod
    def generate(
        cls,
        *,
        names: tuple[str, ...] = NAMES,
        addresses: tuple[str, ...] = ADDRESSES,
        days: int = 365,
        now: dt.datetime | None = None,
    ) -> Tls:
        """Make an authority and a certificate. Other names or a time long ago make a certificate that clients must refuse.

        Args:
            names, addresses: host names and IP addresses it is for.
            days: how long it is valid; it starts a day before `now`.
            now: the present by default.

        Returns:
            Certificate, key and authority, in memory.
        """
        start = (now or dt.datetime.now(dt.UTC)) - _DAY
        end = start + (1 + days) * _DAY
        ca_key, key = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
        issuer = _name("local exchange authority")
        ca = (
            _builder(issuer, issuer, ca_key, start, end)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .sign(ca_key, SHA256())
        )
        alternatives = [
            *(x509.DNSName(each) for each in names),
            *(x509.IPAddress(ipaddress.ip_address(each)) for each in addresses),
        ]
        certificate = (
            _builder(_name("local exchange"), issuer, key, start, end)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
            .sign(ca_key, SHA256())
        )
        key_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return cls(ca.public_bytes(Encoding.PEM), certificate.public_bytes(Encoding.PEM), key_pem)

    @classmethod
    def in_folder(cls, folder: str | Path) -> Tls:
        """Use what a folder holds, or make it and keep it there; the authority is its `ca.pem`.

        A certificate that ends within a day is made anew, and its authority with it.
        """
        folder = as_path(folder, "tls")
        try:
            found = cls(*((folder / name).read_bytes() for name in (_CA, _CHAIN, _KEY)))
            end = x509.load_pem_x509_certificate(found.certificate_pem).not_valid_after_utc
            if end > dt.datetime.now(dt.UTC) + _DAY:
                return found
        except FileNotFoundError:
            pass
        made = cls.generate()
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True)
            folder.chmod(0o700)  # under any umask
        _write(folder / _KEY, made._key_pem)  # noqa: SLF001
        _write(folder / _CHAIN, made.certificate_pem)
        made.write_ca(folder / _CA)
        return made

    def write_ca(self, path: str | Path) -> Path:
        """Write the authority's certificate, for clients to trust; return the path."""
        path = as_path(path, "path")
        _write(path, self.ca_pem)
        return path

    def server_context(self) -> ssl.SSLContext:
        """Return what a server listens with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # The ssl module reads certificates from files only.
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "chain.pem"
            _write(path, self.certificate_pem + self._key_pem)
            context.load_cert_chain(path)
        return context

    def client_context(self) -> ssl.SSLContext:
        """Return what a client connects with: it trusts this authority and no other."""
        return ssl.create_default_context(cadata=self.ca_pem.decode())


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: EllipticCurvePrivateKey,
    start: dt.datetime,
    end: dt.datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _write(path: Path, data: bytes) -> None:
    """Write a file only its owner can read, from its first byte on, in place of what is there and never through a link."""
    path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(data)
