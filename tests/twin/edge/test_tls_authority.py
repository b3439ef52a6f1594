"""The authority and what it signs: lives, names, bounds that a verifier enforces, keys that nobody else can read."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from twin.core.errors import BadInput
from twin.edge import tls_authority as authorities
from twin.edge.tls_authority import RENEW_BEFORE, Authority, due, make, names_in, read_or_make
from twin.edge.tls_names import Names, domains, here, permitted

NOW = datetime.now(UTC).replace(microsecond=0)
NAMES = Names.of(["rack-7", "rack-7.local", "localhost", "127.0.0.1", "192.168.4.20", "::1", "fd00::4"])


def shake_hands(folder: Path, authority: Authority, names: Names, asked: str) -> None:
    """A real TLS handshake in this process; raises what OpenSSL thinks of the certificate."""
    key, certificate = authority.issue(names, NOW)
    (folder / "k.pem").write_bytes(key)
    (folder / "c.pem").write_bytes(certificate)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "c.pem", folder / "k.pem")
    client = ssl.create_default_context(cadata=authority.der)
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            server.wrap_socket(theirs, server_side=True).close()
        except OSError:  # the client hangs up on what it does not trust
            theirs.close()

    peer = threading.Thread(target=serve)
    peer.start()
    try:
        client.wrap_socket(ours, server_hostname=asked).close()
    finally:
        ours.close()
        peer.join(5)


@pytest.mark.parametrize("asked", ["rack-7", "rack-7.local", "localhost", "127.0.0.1", "192.168.4.20", "::1"])
def test_a_client_that_trusts_the_authority_accepts_every_name(tmp_path: Path, asked: str) -> None:
    shake_hands(tmp_path, make(NAMES, NOW), NAMES, asked)


@pytest.mark.parametrize("foreign", ["bank.example.com", "8.8.8.8", "evil-local", "2001:4860:4860::8888", "com"])
def test_a_certificate_for_a_foreign_name_is_refused_although_the_authority_signed_it(
    tmp_path: Path, foreign: str
) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        shake_hands(tmp_path, make(NAMES, NOW), Names.of([foreign]), foreign)


def test_a_stranger_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match=r"not valid for 'other\.local'"):
        shake_hands(tmp_path, make(NAMES, NOW), NAMES, "other.local")


def test_the_authority_cannot_make_another_authority_nor_sign_programs() -> None:
    certificate = make(NAMES, NOW).certificate
    basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.value.ca, basic.value.path_length, basic.critical) == (True, 0, True)
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert certificate.extensions.get_extension_for_class(x509.NameConstraints).critical


def test_a_server_certificate_is_what_apple_asks_for() -> None:
    authority = make(NAMES, NOW)
    certificate = x509.load_pem_x509_certificate(authority.issue(NAMES, NOW)[1])
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert timedelta(days=390) < life <= timedelta(days=397)
    assert certificate.not_valid_before_utc < NOW < certificate.not_valid_after_utc
    assert names_in(certificate) == NAMES
    assert list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.SERVER_AUTH
    ]
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    assert isinstance(certificate.signature_hash_algorithm, authorities.SHA256)


def test_no_server_certificate_outlives_its_authority() -> None:
    authority = make(NAMES, NOW)
    late = authority.certificate.not_valid_after_utc - timedelta(days=40)
    certificate = x509.load_pem_x509_certificate(authority.issue(NAMES, late)[1])
    assert certificate.not_valid_after_utc == authority.certificate.not_valid_after_utc


def test_keys_are_readable_by_their_owner_only_and_read_again(tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    made = read_or_make(folder, NAMES, NOW)
    assert (folder / "ca.key").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert sorted(each.name for each in folder.iterdir()) == ["ca.crt", "ca.key"], "nothing is left lying about"
    assert read_or_make(folder, NAMES, NOW + timedelta(days=1)).der == made.der


def test_an_authority_whose_time_is_over_is_made_anew(tmp_path: Path) -> None:
    made = read_or_make(tmp_path, NAMES, NOW)
    later = made.certificate.not_valid_after_utc - RENEW_BEFORE + timedelta(hours=1)
    assert read_or_make(tmp_path, NAMES, later).der != made.der


@pytest.mark.parametrize("break_it", ["garbage", "another key", "unbounded"])
def test_an_authority_that_cannot_be_used_is_named_with_what_to_do(tmp_path: Path, break_it: str) -> None:
    read_or_make(tmp_path, NAMES, NOW)
    if break_it == "garbage":
        (tmp_path / "ca.key").write_text("no key")
    elif break_it == "another key":
        other = read_or_make(tmp_path / "other", NAMES, NOW)
        assert other
        (tmp_path / "ca.key").write_bytes((tmp_path / "other/ca.key").read_bytes())
    else:  # somebody put in an authority that could vouch for anything
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "wide")])
        builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + timedelta(days=99))
        (tmp_path / "ca.crt").write_bytes(
            builder.sign(key, authorities.SHA256()).public_bytes(authorities.Encoding.PEM)
        )
        (tmp_path / "ca.key").write_bytes(authorities._private_pem(key))
    with pytest.raises(BadInput, match=r"ca\.key and ca\.crt cannot be used .* remove both"):
        read_or_make(tmp_path, NAMES, NOW)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written") as caught:
        read_or_make(tmp_path / "file", NAMES, NOW)
    assert caught.value.field == "TWIN_DATA_DIR"


def test_a_certificate_is_due_by_time_names_and_authority() -> None:
    authority = make(NAMES, NOW)
    certificate = x509.load_pem_x509_certificate(authority.issue(NAMES, NOW)[1])
    ends = certificate.not_valid_after_utc
    assert due(certificate, authority, NAMES, NOW) == ""
    assert due(certificate, authority, Names.of(["localhost"]), NOW) == "", "a name that went away does no harm"
    assert due(certificate, authority, NAMES, ends - RENEW_BEFORE - timedelta(hours=1)) == ""
    assert due(certificate, authority, NAMES, ends - RENEW_BEFORE + timedelta(hours=1)) == f"it ends on {ends:%Y-%m-%d}"
    assert due(certificate, authority, Names.of([*NAMES.texts(), "10.9.8.7"]), NOW) == "it lacks 10.9.8.7"
    assert due(certificate, make(NAMES, NOW), NAMES, NOW) == "another authority signed it"


def test_names_are_told_from_addresses_once_and_in_order() -> None:
    names = Names.of(["B.local.", "a.local", "b.LOCAL", "10.0.0.2", "10.0.0.10", "::1", "0:0::1"])
    assert names.texts() == ["a.local", "b.local", "10.0.0.2", "10.0.0.10", "::1"]
    assert names.covers(Names.of(["b.local", "::1"]))
    assert not names.covers(Names.of(["c.local"]))


def test_what_the_bounds_exclude_is_left_out_and_told() -> None:
    asked = Names.of(["localhost", "pi.local", "twin.lan", "twin.example.com", "10.1.1.1", "8.8.8.8", "notlocal"])
    kept, refused = permitted(asked, domains(asked))
    assert kept.texts() == ["localhost", "pi.local", "twin.lan", "10.1.1.1"]
    assert refused == ["notlocal", "twin.example.com", "8.8.8.8"]


@pytest.mark.parametrize(("host", "safe"), [("rack-7", True), ("pi4", True), ("media", False), ("xn--p1ai", False)])
def test_a_bare_name_is_a_bound_only_where_it_cannot_be_a_top_level_domain(host: str, safe: bool) -> None:
    assert (host in domains(Names.of([host, f"{host}.local"]))) == safe


def test_this_machine_has_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "Rack-7.example.com")
    names = here(["10.2.3.4", "twin.lan"]).texts()
    assert {"localhost", "127.0.0.1", "rack-7", "rack-7.local", "10.2.3.4", "twin.lan"} <= set(names)
