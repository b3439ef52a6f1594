"""The page over HTTPS in a real browser: a secure context, live over wss; and what a device sees before it trusts."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, expect, sync_playwright

from tests.e2e.browser import FLAGS, chromium
from tests.e2e.process import TOKENS, Fleet, Twin, wait_for
from twin.run import lan_addresses

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

NODES = 4


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    folder = tmp_path_factory.mktemp("twin")
    settings = {"TWIN_CLUSTER": "desk", "TWIN_HOST": "0.0.0.0", "TWIN_TLS_PORT": "0", "TWIN_PERIOD_S": "1"}
    with (
        Twin("serve", "--tls-auto", data_dir=folder, **settings) as running,
        Fleet(running.url, NODES, "--cluster", "desk", "--faults", "none", "--period", "1"),
    ):
        wait_for(lambda: running.nodes("online") == NODES, 60, running.log.read_text)
        yield running


def https_port(twin: Twin) -> int:
    found = re.search(r"HTTPS\s+https://127\.0\.0\.1:(\d+)/", twin.log.read_text())
    assert found, twin.log.read_text()
    return int(found[1])


@pytest.fixture(scope="module")
def trusting(twin: Twin) -> Iterator[Browser]:
    """A browser that trusts this one key, as one does that took the authority."""
    certificate = x509.load_pem_x509_certificate((twin.data_dir / "tls/server.crt").read_bytes())
    spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pin = base64.b64encode(sha256(spki).digest()).decode()
    with sync_playwright() as play:
        made = play.chromium.launch(
            executable_path=chromium(), args=[*FLAGS, f"--ignore-certificate-errors-spki-list={pin}"]
        )
        yield made
        made.close()


def test_the_page_is_a_secure_context_and_lives_over_wss(trusting: Browser, twin: Twin) -> None:
    page = trusting.new_page(viewport={"width": 640, "height": 360})
    wrong: list[str] = []
    sockets: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("websocket", lambda opened: sockets.append(opened.url))
    page.goto(f"https://localhost:{https_port(twin)}/")
    wait_for(lambda: page.evaluate("window.twin.state.roster.size") >= NODES, 30, lambda: str(wrong))
    assert page.evaluate("window.isSecureContext && 'mediaDevices' in navigator")
    assert sockets
    assert all(each.startswith("wss://localhost:") for each in sockets)
    assert wrong == []
    page.close()


def test_an_agent_that_is_given_the_authority_reports_over_https(twin: Twin) -> None:
    address = f"https://localhost:{https_port(twin)}"
    command = [sys.executable, "-m", "twin", "agent", "--server", address, "--ca", str(twin.data_dir / "tls/ca.crt")]
    command += ["--http-port", "0", "--mac", "02:00:00:00:77:01", "--period", "1"]
    agent = subprocess.Popen(command, env={**os.environ, **TOKENS}, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: twin.nodes("online") == NODES + 1, 20, twin.log.read_text)
    finally:
        agent.terminate()
        agent.wait(10)


def test_a_device_on_the_network_is_led_from_the_explanation_to_https(trusting: Browser, twin: Twin) -> None:
    address = next(iter(lan_addresses()), None)
    if address is None:
        pytest.skip("this machine has no network")
    page = trusting.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"http://{address}:{twin.port}/trust")
    assert not page.evaluate("window.isSecureContext"), "which is why all this is needed"
    expect(page.get_by_role("heading")).to_have_text("Trust this twin")
    shown = page.locator("code.print").inner_text()
    assert f"SHA-256 {shown}" in twin.log.read_text(), "the terminal and the page agree"
    with page.expect_download() as download:
        page.get_by_role("link", name="Fetch the profile").click()
    assert b"com.apple.security.root" in Path(download.value.path()).read_bytes()
    page.get_by_role("link", name="Open the twin").click()
    page.wait_for_url(f"https://{address}:{https_port(twin)}/")
    assert page.evaluate("window.isSecureContext")
    page.goto(f"http://{address}:{twin.port}/")
    expect(page).to_have_url(f"https://{address}:{https_port(twin)}/")
    page.close()
