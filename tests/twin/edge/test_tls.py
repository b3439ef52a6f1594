"""HTTPS of a running service: who is let in by which door, renewal without dropping anybody, what devices fetch."""

from __future__ import annotations

import asyncio
import os
import plistlib
import ssl
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import socketio
from cryptography import x509

from tests.build import field_report
from tests.twin.conftest import BEARER_AGENT, Start, make_service, url_of
from tests.twin.edge.load import churning, sid_of
from tests.twin.edge.test_pipe import RCVBUF, TIGHT
from tests.twin.edge.viewer import Viewer
from tests.wait import until
from twin import run
from twin.core.errors import BadInput
from twin.edge.tls import AutomaticTls, OwnTls, Tls
from twin.edge.tls_authority import RENEW_BEFORE, make
from twin.edge.tls_names import Names
from twin.service import Service
from twin.settings import Settings

NOW = datetime.now(UTC)
HOME = ["localhost", "127.0.0.1", "rack-7.local"]


def trusting(tls: Tls) -> ssl.SSLContext:
    """What a device has that took the authority."""
    assert tls.authority is not None
    return ssl.create_default_context(cadata=tls.authority.der)


def https_of(service: Service) -> str:
    return f"https://localhost:{service.tls_port}"


@pytest.fixture
async def secure(start: Start) -> Service:
    service = await start(tls="auto", tls_port=0)
    assert service.tls is not None
    return service


# One running service.


async def test_python_trusts_it_over_https_and_wss(secure: Service) -> None:
    assert secure.tls is not None
    heard: list[str] = []
    connector = aiohttp.TCPConnector(ssl=trusting(secure.tls))
    async with aiohttp.ClientSession(connector=connector) as session:
        async with session.get(https_of(secure) + "/healthz") as answer:
            assert answer.status == 200
        client = socketio.AsyncClient(reconnection=False, http_session=session)
        for name in ("hello", "roster", "frame"):
            client.on(name, lambda _, name=name: heard.append(name), namespace="/twin")
        await client.connect(https_of(secure), namespaces=["/twin"], transports=["websocket"])
        await until(lambda: len(heard) >= 3)
        assert heard[:3] == ["hello", "roster", "frame"]
        await client.disconnect()


async def test_who_does_not_trust_the_authority_is_told_so(secure: Service, http: aiohttp.ClientSession) -> None:
    with pytest.raises(aiohttp.ClientConnectorCertificateError):
        await http.get(https_of(secure) + "/healthz")


async def test_agents_stay_on_the_plain_port_and_may_use_the_other(secure: Service) -> None:
    assert secure.tls is not None
    connector = aiohttp.TCPConnector(ssl=trusting(secure.tls))
    async with aiohttp.ClientSession(connector=connector) as session:
        for n, base in enumerate((url_of(secure), https_of(secure))):
            for again in range(2):  # the first by the quick door, over the same connection
                report = field_report(n, CPU=40 + again)
                async with session.post(f"{base}/api/cluster", json=report, headers=BEARER_AGENT) as answer:
                    assert (answer.status, await answer.json()) == (200, {})
    await until(lambda: secure.live.columns.count == 2)


async def test_a_device_fetches_the_authority_over_plain_http(secure: Service, http: aiohttp.ClientSession) -> None:
    assert secure.tls is not None
    async with http.get(url_of(secure) + "/ca.crt") as answer:
        der = await answer.read()
        assert answer.content_type == "application/x-x509-ca-cert"
    digest = sha256(der).digest().hex(":").upper()
    assert digest == secure.tls.fingerprint
    assert x509.load_der_x509_certificate(der).extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    profiles = []
    for _ in range(2):
        async with http.get(url_of(secure) + "/ca.mobileconfig") as answer:
            assert answer.content_type == "application/x-apple-aspen-config"
            profiles.append(await answer.read())
    assert profiles[0] == profiles[1], "a device that fetches it twice has it once"
    profile = plistlib.loads(profiles[0])
    (root,) = profile["PayloadContent"]
    assert (profile["PayloadType"], root["PayloadType"]) == ("Configuration", "com.apple.security.root")
    assert root["PayloadContent"] == der
    assert profile["PayloadUUID"] != root["PayloadUUID"]
    async with http.get(url_of(secure) + "/trust") as answer:
        text = (await answer.text()).replace("<wbr>", "")  # where a line may break
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert digest in text
    assert f"https://127.0.0.1:{secure.tls_port}/" in text
    for device in ("iPad", "Quest", "Android", "Mac", "Windows", "Linux"):
        assert device in text


async def test_the_terminal_says_the_same_fingerprint(secure: Service) -> None:
    assert secure.tls is not None
    said = run.welcome(secure)
    assert secure.tls.fingerprint in said
    assert f"https://127.0.0.1:{secure.tls_port}/" in said
    assert f"http://127.0.0.1:{secure.port}/trust" in said


async def test_a_twin_without_https_has_none_of_it(service: Service, http: aiohttp.ClientSession) -> None:
    async with http.get(url_of(service) + "/trust") as answer:
        assert answer.status == 404
    assert (service.tls, service.tls_port, "SHA-256" in run.welcome(service)) == (None, 0, False)


async def test_a_viewer_that_does_not_read_over_tls_is_closed_by_name_and_nobody_else_notices(start: Start) -> None:
    service = await start(tls="auto", tls_port=0, **TIGHT)
    assert service.tls is not None
    trust, fan = trusting(service.tls), service.twin_fan
    async with churning(service), Viewer(https_of(service), trust=trust) as good:
        await good.first_frame()
        others = set(fan.viewers)
        async with Viewer(https_of(service), trust=trust, rcvbuf=RCVBUF) as slow:
            await slow.first_frame()
            sid = sid_of(fan, others)
            slow.pause()
            await until(lambda: sid not in fan.viewers, "the slow viewer is shown out", 15)
            seen = len(good.frames)
            await until(lambda: len(service._sio.eio.sockets) == 1, "and its connection is cut though it never reads")
        await until(lambda: len(good.frames) > seen + 5)
        await good.agrees(service.live)
    assert service.closed_viewers == {"slow_viewer": 1}


# Who is led over to HTTPS.


async def test_a_browser_from_elsewhere_is_led_to_https_and_programs_are_not(start: Start) -> None:
    address = next(iter(run.lan_addresses()), None)
    if address is None:
        pytest.skip("this machine has no network")
    service = await start(tls="auto", tls_port=0, host="0.0.0.0")
    plain = f"http://{address}:{service.port}"
    async with aiohttp.ClientSession() as session:
        for path in ("/", "/api/"):
            async with session.get(plain + path + "?x=1", allow_redirects=False) as answer:
                to = f"https://{address}:{service.tls_port}{path}?x=1"
                assert (answer.status, answer.headers["Location"]) == (307, to)
                assert answer.headers["Cache-Control"] == "no-store", "the next start may be without HTTPS"
        for path in ("/healthz", "/model/layout.json", "/trust", "/picount"):
            async with session.get(plain + path, allow_redirects=False) as answer:
                assert answer.status == 200
        async with session.get(f"http://127.0.0.1:{service.port}/", allow_redirects=False) as answer:
            assert answer.status != 307, "browsers count this machine's own address as secure"


async def test_with_tls_only_the_plain_port_leads_to_https_and_nowhere_else(
    start: Start, http: aiohttp.ClientSession
) -> None:
    service = await start(tls="auto", tls_port=0, tls_only=True)
    for path in ("/", "/metrics", "/model/layout.json"):
        async with http.get(url_of(service) + path, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (307, f"https://127.0.0.1:{service.tls_port}{path}")
    async with http.post(url_of(service) + "/api/cluster", json=field_report(0), headers=BEARER_AGENT) as answer:
        body = await answer.json()
        assert (answer.status, body["error"]["code"]) == (403, "https_only")
        assert f"https://127.0.0.1:{service.tls_port}/" in body["error"]["message"]
    async with http.get(url_of(service) + "/socket.io/?EIO=4&transport=polling") as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (403, "https_only")
    for path in ("/ca.crt", "/ca.mobileconfig", "/trust", "/healthz", "/readyz"):
        async with http.get(url_of(service) + path, allow_redirects=False) as answer:
            assert answer.status == 200
    assert service.live.columns.count == 0


# Renewal.


class Machine:
    """A machine whose names and clock a test moves."""

    def __init__(self, data_dir: Path) -> None:
        self.names = list(HOME)
        self.now = NOW
        self.tls = AutomaticTls(data_dir, lambda: int(self.now.timestamp() * 1000), lambda: Names.of(self.names))

    def ends(self) -> datetime:
        return self.tls.certificate.not_valid_after_utc


def test_the_next_start_shows_the_same_certificate(tmp_path: Path) -> None:
    first, second = Machine(tmp_path), Machine(tmp_path)
    assert (first.tls.renewals, second.tls.renewals) == (1, 0)
    assert first.tls.certificate == second.tls.certificate
    assert (tmp_path / "tls/server.key").stat().st_mode & 0o777 == 0o600


def test_a_certificate_is_renewed_a_month_before_its_end_and_not_sooner(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    ends, authority = machine.ends(), machine.tls.fingerprint
    machine.now = ends - RENEW_BEFORE - timedelta(hours=1)
    machine.tls.look()
    assert machine.tls.renewals == 1
    machine.now = ends - RENEW_BEFORE + timedelta(hours=1)
    machine.tls.look()
    assert (machine.tls.renewals, machine.ends() > ends) == (2, True)
    assert machine.tls.fingerprint == authority, "no device has to do anything"


def test_a_new_address_renews_and_a_public_one_does_not(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    machine = Machine(tmp_path)
    authority = machine.tls.fingerprint
    machine.names.append("8.8.4.4")
    machine.tls.look()
    machine.tls.look()
    assert machine.tls.renewals == 1
    assert len([line for line in caplog.messages if "not for 8.8.4.4" in line]) == 1, "told once"
    machine.names.append("10.4.4.4")
    machine.tls.look()
    assert machine.tls.renewals == 2
    assert machine.tls.fingerprint == authority


def test_an_end_of_the_authority_is_told_for_every_device_has_to_act(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    machine = Machine(tmp_path)
    before = machine.tls.fingerprint
    machine.now = machine.tls.authority.certificate.not_valid_after_utc - RENEW_BEFORE + timedelta(hours=1)
    machine.tls.look()
    assert machine.tls.fingerprint != before
    assert any("every device has to trust" in line for line in caplog.messages)


async def test_renewal_takes_effect_at_once_and_drops_nobody(secure: Service) -> None:
    tls = secure.tls
    assert isinstance(tls, AutomaticTls)
    trust = trusting(tls)
    reader, writer = await asyncio.open_connection("localhost", secure.tls_port, ssl=trust)
    shown = serial(writer)
    tls.renew()
    fresh_reader, fresh = await asyncio.open_connection("localhost", secure.tls_port, ssl=trust)
    assert serial(fresh) != shown
    for ours, theirs in ((reader, writer), (fresh_reader, fresh)):
        theirs.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert await asyncio.wait_for(ours.readline(), 4) == b"HTTP/1.1 200 OK\r\n"
        theirs.close()


def serial(writer: asyncio.StreamWriter) -> str:
    return str(writer.get_extra_info("ssl_object").getpeercert()["serialNumber"])


async def test_it_looks_by_itself_and_a_failure_leaves_the_old_one_in_use(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    machine = Machine(tmp_path)
    task = asyncio.create_task(machine.tls.keep(every_s=0.01))
    try:
        machine.names.append("10.4.4.4")
        await until(lambda: machine.tls.renewals == 2)
        (tmp_path / "tls/server.crt").unlink()
        await until(lambda: any("cannot be renewed" in line for line in caplog.messages))
        assert machine.tls.certificate is not None
        assert not task.done()
    finally:
        task.cancel()


# One's own certificate.


def own(folder: Path, serial_of: Names) -> tuple[Path, Path]:
    """A certificate of somebody's own making."""
    folder.mkdir(exist_ok=True)
    key, certificate = make(Names.of(["localhost"]), NOW).issue(serial_of, NOW)
    (folder / "k.pem").write_bytes(key)
    (folder / "c.pem").write_bytes(certificate)
    return folder / "c.pem", folder / "k.pem"


async def test_ones_own_certificate_is_shown_and_read_again_when_it_changes(
    start: Start, tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    certificate, key = own(tmp_path, Names.of(["localhost"]))
    service = await start(tls_cert=str(certificate), tls_key=str(key), tls_port=0)
    tls = service.tls
    assert isinstance(tls, OwnTls)
    blind = ssl.create_default_context()
    blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE

    async def shown() -> bytes:
        _, writer = await asyncio.open_connection("localhost", service.tls_port, ssl=blind)
        found: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        return found

    first = await shown()
    assert x509.load_der_x509_certificate(first) == tls.certificate
    async with http.get(url_of(service) + "/ca.crt") as answer:
        assert answer.status == 404, "there is no authority of ours"
    own(tmp_path, Names.of(["localhost"]))
    os.utime(certificate, ns=(1, 1))  # in case both were written within one tick of the file system's clock
    tls.look()
    assert await shown() != first
    assert tls.renewals == 1
    key.write_text("half a pair")
    with pytest.raises(BadInput, match="cannot be used as certificate and key"):
        tls.look()
    assert x509.load_der_x509_certificate(await shown()) == tls.certificate, "still the whole pair"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"tls_cert": "c.pem"}, "TWIN_TLS_KEY"),
        ({"tls_key": "k.pem"}, "TWIN_TLS_CERT"),
        ({"tls": "auto", "tls_cert": "c.pem", "tls_key": "k.pem"}, "TWIN_TLS"),
        ({"tls": "on"}, "TWIN_TLS"),
        ({"tls_only": True}, "TWIN_TLS_ONLY"),
        ({"tls": "auto", "port": 8443}, "TWIN_TLS_PORT"),
    ],
)
def test_settings_that_cannot_be_are_named(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        Settings.read({}, **changes)
    assert caught.value.field == field


async def test_a_port_of_https_that_is_taken_is_named(secure: Service, tmp_path: Path) -> None:
    other = make_service(tmp_path / "other", tls="auto", tls_port=secure.tls_port)
    with pytest.raises(BadInput, match=f"cannot listen on 127.0.0.1:{secure.tls_port} for HTTPS") as caught:
        async with other.running():
            pass
    assert caught.value.field == "TWIN_TLS_PORT"


def test_a_certificate_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"none\.pem cannot be read"):
        OwnTls(tmp_path / "none.pem", tmp_path / "none.key", lambda: 0)
