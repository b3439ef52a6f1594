"""A small certificate authority for one machine, and the server certificate that it signs.

Owns what stands in the certificates and the files of a data directory's `tls` folder:

    ca.key, ca.crt            the authority: 10 years, bound to local names and private addresses (tls_names.py), so
                              that a stolen key can pretend to be a machine in somebody's house, not their bank
    server.key, server.crt    what the server shows: at most 397 days, P-256, both as Apple's devices want it

Keys are made with mode 0600 and never rewritten in place. Time is an argument. Called by tls.py and tls_command.py.
"""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from twin.core.errors import BadInput
from twin.edge.tls_names import LOCAL_NETWORKS, Names, domains

FOLDER = "tls"
AUTHORITY_LIFE = timedelta(days=3652)
SERVER_LIFE = timedelta(days=396)  # Apple's devices refuse more than 825 days, browsers more than 398 of a public one
BACKDATED = timedelta(days=1)  # a device whose clock is behind must not see a certificate of tomorrow
RENEW_BEFORE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Authority:
    """A key and its certificate. `domains`: the host names it may vouch for, and all below them."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def domains(self) -> tuple[str, ...]:
        bounds = self.certificate.extensions.get_extension_for_class(x509.NameConstraints).value
        return tuple(each.value for each in bounds.permitted_subtrees or () if isinstance(each, x509.DNSName))

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    def issue(self, names: Names, now: datetime) -> tuple[bytes, bytes]:
        """A new key and a server certificate for `names`, as PEM. It is for the caller to keep to the bounds."""
        key = ec.generate_private_key(ec.SECP256R1())
        end = min(now - BACKDATED + SERVER_LIFE, self.certificate.not_valid_after_utc)
        alternatives = [*map(x509.DNSName, names.hosts), *map(x509.IPAddress, names.addresses)]
        builder = (
            _builder(key, _subject(names.hosts[0] if names.hosts else "twin"), self.certificate.subject)
            .not_valid_before(now - BACKDATED)
            .not_valid_after(end)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(_key_id_of(self.certificate), critical=False)
        )
        certificate = builder.sign(self.key, SHA256())
        return _private_pem(key), certificate.public_bytes(Encoding.PEM)


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 as devices show it: pairs of capital hex digits with colons."""
    return certificate.fingerprint(SHA256()).hex(":").upper()


def make(names: Names, now: datetime) -> Authority:
    """A new authority for the machine with `names`, in memory."""
    key = ec.generate_private_key(ec.SECP256R1())
    # The number tells two authorities of one machine apart in a device's list.
    host = next((each for each in names.hosts if each.endswith(".local")), "this machine")
    subject = _subject(f"Twin authority of {host} {uuid.uuid4().hex[:6]}")
    bounds = [*map(x509.DNSName, domains(names)), *map(x509.IPAddress, LOCAL_NETWORKS)]
    certificate = (
        _builder(key, subject, subject)
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=bounds, excluded_subtrees=None), critical=True)
        # No bound on names keeps a thief from signing programs; this does.
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, SHA256())
    )
    return Authority(key, certificate)


def read_or_make(folder: Path, names: Names, now: datetime) -> Authority:
    """The authority of `folder`, made when there is none or its time is over. Raises BadInput naming the file."""
    key_file, certificate_file = folder / "ca.key", folder / "ca.crt"
    if key_file.exists() and certificate_file.exists():
        kept = _read(key_file, certificate_file)
        if kept.certificate.not_valid_after_utc - now > RENEW_BEFORE:
            return kept
    made = make(names, now)
    write_private(key_file, _private_pem(made.key))
    write_public(certificate_file, made.certificate.public_bytes(Encoding.PEM))
    return made


def due(certificate: x509.Certificate, authority: Authority, names: Names, now: datetime) -> str:
    """Why a server certificate has to be made anew; "" when it will do."""
    if certificate.not_valid_after_utc - now < RENEW_BEFORE:
        return f"it ends on {certificate.not_valid_after_utc:%Y-%m-%d}"
    try:
        certificate.verify_directly_issued_by(authority.certificate)
    except (ValueError, TypeError, InvalidSignature):
        return "another authority signed it"
    lacking = [each for each in names.texts() if each not in names_in(certificate).texts()]
    return f"it lacks {', '.join(lacking)}" if lacking else ""


def names_in(certificate: x509.Certificate) -> Names:
    """The names that a certificate is for."""
    try:
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return Names((), ())
    return Names.of(str(each.value) for each in alternatives if isinstance(each, x509.DNSName | x509.IPAddress))


def write_private(path: Path, content: bytes) -> None:
    """Written beside and moved into place, with its final mode from the first moment on."""
    _replace(path, content, 0o600)


def write_public(path: Path, content: bytes) -> None:
    _replace(path, content, 0o644)


def _replace(path: Path, content: bytes, mode: int) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        beside.replace(path)
    except OSError as error:
        what = f"{path} cannot be written ({error.strerror}); make TWIN_DATA_DIR a folder that can"
        raise BadInput(what, field="TWIN_DATA_DIR") from error


def _read(key_file: Path, certificate_file: Path) -> Authority:
    try:
        key = load_pem_private_key(key_file.read_bytes(), password=None)
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
            raise ValueError("key and certificate are no pair")
        certificate.extensions.get_extension_for_class(x509.NameConstraints)
    except (OSError, ValueError, TypeError, x509.ExtensionNotFound) as error:
        what = f"{key_file} and {certificate_file.name} cannot be used ({error}); remove both and new ones are made"
        raise BadInput(f"{what}, which every device has to trust again", field="TWIN_DATA_DIR") from error
    return Authority(key, certificate)


def _builder(key: ec.EllipticCurvePrivateKey, subject: x509.Name, issuer: x509.Name) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _key_id_of(certificate: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    own = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def utc_now() -> datetime:
    """Now, for those who have no clock of their own."""
    return datetime.now(UTC)
