"""What a device needs to trust this machine's authority: a profile for iPad and iPhone, and the page that explains.

Pure: text from an authority's bytes. Served by tls_door.py, written to files by tls_command.py.
"""

from __future__ import annotations

import plistlib
import uuid
from html import escape

from cryptography import x509

from twin.edge.tls_authority import fingerprint

# Any fixed number will do: with it the same authority gives the same profile, which a device replaces, not doubles.
SPACE = uuid.UUID("6b0f6f0e-3d53-4d1c-9a53-5f1d4f1b7a10")


def mobileconfig(certificate: x509.Certificate, der: bytes) -> bytes:
    """The configuration profile, unsigned: the device says so, which is what the fingerprint is for."""
    print_ = fingerprint(certificate)
    name = _name(certificate)
    root = {
        "PayloadType": "com.apple.security.root",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"twin.authority.{_uuid(print_, 'root')}",
        "PayloadUUID": _uuid(print_, "root"),
        "PayloadDisplayName": name,
        "PayloadDescription": f"SHA-256 {print_}",
        "PayloadCertificateFileName": "ca.crt",
        "PayloadContent": der,
    }
    profile = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"twin.profile.{_uuid(print_, 'profile')}",
        "PayloadUUID": _uuid(print_, "profile"),
        "PayloadDisplayName": name,
        "PayloadDescription": "Lets this device show the twin over HTTPS. Bound to local names and private addresses.",
        "PayloadContent": [root],
    }
    return plistlib.dumps(profile, fmt=plistlib.FMT_XML)


def page(certificate: x509.Certificate, https_url: str) -> str:
    """The page a device opens first, in plain words. `https_url`: where the twin is once it is trusted."""
    steps = "".join(f"<details{_open}><summary>{escape(who)}</summary>{how}</details>" for who, how, _open in STEPS)
    return PAGE.format(
        url=escape(https_url, quote=True),
        name=escape(_name(certificate)),
        fingerprint=escape(fingerprint(certificate)).replace(":", ":<wbr>"),
        ends=f"{certificate.not_valid_after_utc:%Y-%m-%d}",
        steps=steps,
    )


def _name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else "Twin authority"


def _uuid(print_: str, part: str) -> str:
    return str(uuid.uuid5(SPACE, f"{print_} {part}")).upper()


CERTIFICATE = '<a class="get" href="/ca.crt" download="twin-ca.crt">Fetch the certificate</a>'
STEPS = (
    (
        "iPad, iPhone",
        """<ol><li>In Safari: <a class="get" href="/ca.mobileconfig">Fetch the profile</a>, then Allow.</li>
<li>Settings, at the top: Profile Downloaded, Install.</li>
<li>Settings, General, About, Certificate Trust Settings: switch the authority on. Without this step nothing works.</li>
</ol>""",
        " open",
    ),
    (
        "Meta Quest",
        """<p>Its browser asks once: open the twin below, then Advanced, and Proceed. To be rid of the question, an
owner with developer mode may install the certificate in Android's settings.</p>""",
        "",
    ),
    (
        "Android",
        f"""<ol><li>{CERTIFICATE}.</li><li>Settings, Security, More, Encryption and credentials, Install a certificate,
CA certificate (the search finds it): choose the file.</li></ol>""",
        "",
    ),
    (
        "Mac",
        f"""<ol><li>{CERTIFICATE}, open it: Keychain Access takes it.</li><li>Double-click it there, Trust, and of
Secure Sockets Layer (SSL) choose Always Trust.</li></ol>""",
        "",
    ),
    (
        "Windows",
        f"""<ol><li>{CERTIFICATE}, open it, Install Certificate, Current User.</li><li>Place in: Trusted Root
Certification Authorities, then Yes.</li></ol>""",
        "",
    ),
    (
        "Linux",
        f"""<ol><li>{CERTIFICATE}.</li><li>Chromium: Settings, Privacy, Security, Manage certificates,
Authorities, Import. Firefox: Settings, Privacy, View Certificates, Authorities, Import.</li>
<li>Programs: convert to PEM, put it into
<code>/usr/local/share/ca-certificates/</code>, run <code>update-ca-certificates</code>.</li></ol>""",
        "",
    ),
)

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>Trust this twin</title>
<style>
:root{{color-scheme:light dark}}
body{{font:17px/1.5 system-ui,sans-serif;max-width:38rem;margin:2rem auto;padding:0 1.2rem}}
h1{{font-size:1.5rem;margin-bottom:.3rem}}
code{{font-size:.92em}}
.print{{display:block;padding:.7rem .9rem;border:1px solid #8888;border-radius:.5rem;margin:.5rem 0}}
details{{border-top:1px solid #8886;padding:.5rem 0}} summary{{cursor:pointer;font-weight:600;padding:.3rem 0}}
.get{{display:inline-block;padding:.25rem .7rem;border-radius:.4rem;background:#1a5fb4;color:#fff;text-decoration:none}}
.go{{display:inline-block;margin-top:1rem;padding:.6rem 1.2rem;border-radius:.5rem;background:#26734d;color:#fff;
text-decoration:none;font-weight:600}}
</style>
<h1>Trust this twin</h1>
<p>Cameras and headsets work only on pages that came over HTTPS. This machine made a certificate authority of its own;
a device that trusts it sees the twin without a warning. The authority can vouch for local names and private addresses
only, until {ends}.</p>
<p>First compare. The terminal where the twin was started shows the same SHA-256 fingerprint of
<em>{name}</em>; if it differs, somebody sits in between.</p>
<code class="print">{fingerprint}</code>
{steps}
<a class="go" href="{url}">Open the twin</a>
</html>
"""
