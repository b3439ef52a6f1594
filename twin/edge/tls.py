"""HTTPS of the service: which certificate it shows, and keeping that one valid while the service runs.

Owns the SSL context. With TWIN_TLS=auto the certificate is made here (tls_authority.py) and made anew when the machine
gets a name or an address that it lacks, or a month before its end; with TWIN_TLS_CERT it is the owner's, and read again
when its file changes. Connections that are open keep what they have; new ones get the new certificate. Called by
twin.service; what devices fetch is tls_door.py's.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from twin.core.errors import BadInput, TwinError
from twin.edge import tls_authority as authorities
from twin.edge.tls_authority import FOLDER, Authority
from twin.edge.tls_names import Names, here, permitted
from twin.settings import Settings

log = logging.getLogger(__name__)
LOOK_S = 30.0  # how long a network that was joined just now is one without HTTPS

NowMs = Callable[[], int]
Here = Callable[[], Names]


class Tls:
    """The context to listen with. `authority`: the one that devices have to trust, None with one's own certificate."""

    def __init__(self, now_ms: NowMs) -> None:
        self.context = _context()
        self.authority: Authority | None = None
        self.renewals = 0
        self._now_ms = now_ms

    @property
    def fingerprint(self) -> str:
        """Of the authority, as devices show it; "" without one."""
        return authorities.fingerprint(self.authority.certificate) if self.authority else ""

    def look(self) -> None:
        """Renew what has to be renewed. Raises BadInput or OSError when that cannot be done."""
        raise NotImplementedError

    async def keep(self, every_s: float = LOOK_S) -> None:
        """Look now and then until cancelled. A failure is told; the certificate that is there stays in use."""
        while True:
            await asyncio.sleep(every_s)
            try:
                await asyncio.to_thread(self.look)
            except (TwinError, OSError) as error:
                log.warning("the certificate cannot be renewed: %s", error)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._now_ms() / 1000, UTC)


class AutomaticTls(Tls):
    """A certificate of this machine's own authority, in `data_dir`/tls."""

    authority: Authority

    def __init__(self, data_dir: Path, now_ms: NowMs, names: Here = here) -> None:
        super().__init__(now_ms)
        self._folder = data_dir / FOLDER
        self._here = names
        self._refused: list[str] = []
        self._files = (self._folder / "server.crt", self._folder / "server.key")
        self.authority = authorities.read_or_make(self._folder, self._here(), self._now())
        self.certificate = self._first()
        self._stamps = stamp(*self._files)

    def look(self) -> None:
        if self._stamps != stamp(*self._files):  # `twin tls renew` was here
            self.authority = authorities.read_or_make(self._folder, self._here(), self._now())
            self._load()
        why = self._due()
        if why:
            log.info("a new certificate is made: %s", why)
            self.renew()
        self._stamps = stamp(*self._files)

    def renew(self) -> None:
        """A new certificate for the names of now, in use for connections from here on."""
        now = self._now()
        former = self.fingerprint
        self.authority = authorities.read_or_make(self._folder, self._here(), now)
        if self.fingerprint != former:
            log.warning("the authority was made anew: every device has to trust %s", self.fingerprint)
        key, certificate = self.authority.issue(self._names(), now)
        authorities.write_private(self._folder / "server.key", key)
        authorities.write_public(self._folder / "server.crt", certificate)
        self._load()
        self.renewals += 1

    def forget_authority(self) -> None:
        """The next certificate is of a new authority, which every device has to trust anew."""
        for name in ("ca.key", "ca.crt"):
            (self._folder / name).unlink(missing_ok=True)

    def _first(self) -> x509.Certificate:
        """What an earlier start left, if it will still do."""
        try:
            self._load()
            why = self._due()
        except (TwinError, OSError):
            why = "there is none"
        if why:
            self.renew()
        return self.certificate

    def _due(self) -> str:
        return authorities.due(self.certificate, self.authority, self._names(), self._now())

    def _load(self) -> None:
        self.certificate = load(self.context, *self._files)

    def _names(self) -> Names:
        names, refused = permitted(self._here(), self.authority.domains)
        if refused != self._refused:
            self._refused = refused
            log.warning("the certificate is for local names and private addresses only, not for %s", ", ".join(refused))
        return names


class OwnTls(Tls):
    """The owner's certificate; whoever renews it (certbot, a mounted secret) need not tell us."""

    def __init__(self, certificate: Path, key: Path, now_ms: NowMs) -> None:
        super().__init__(now_ms)
        self._files = (certificate, key)
        self._stamps = stamp(*self._files)
        self.certificate = load(self.context, *self._files)

    def look(self) -> None:
        stamps = stamp(*self._files)
        if stamps == self._stamps:
            return
        self.certificate = load(self.context, *self._files)
        self._stamps = stamps
        self.renewals += 1
        log.info("the certificate was read again", extra={"ends": f"{self.certificate.not_valid_after_utc:%Y-%m-%d}"})


def stamp(*files: Path) -> list[tuple[int, int]]:
    """Changes when a file does. Follows links: a mounted secret is changed by turning one. Raises BadInput."""
    try:
        return [(each.stat().st_mtime_ns, each.stat().st_ino) for each in files]
    except OSError as error:
        what = f"{error.filename} cannot be read ({error.strerror}); TWIN_TLS_CERT and TWIN_TLS_KEY name PEM files"
        raise BadInput(what, field="TWIN_TLS_CERT") from error


def tls_of(settings: Settings, now_ms: NowMs) -> Tls | None:
    """What the settings ask for; None: plain HTTP only. Raises BadInput."""
    if settings.tls_cert:
        return OwnTls(Path(settings.tls_cert), Path(settings.tls_key), now_ms)
    if settings.tls != "auto":
        return None
    more = [each.strip() for each in settings.tls_names.split(",") if each.strip()]
    return AutomaticTls(settings.data_dir, now_ms, lambda: here(more))


def load(context: ssl.SSLContext, certificate: Path, key: Path) -> x509.Certificate:
    """Show this certificate from now on. Tried on a context of its own first: half a pair must not come into use.

    Raises BadInput naming the files.
    """

    def no_password() -> str:
        raise ValueError("the key has a passphrase; give one without")

    try:
        read = x509.load_pem_x509_certificate(certificate.read_bytes())
        for each in (_context(), context):
            each.load_cert_chain(certificate, key, password=no_password)
    except (OSError, ValueError) as error:  # SSLError is an OSError
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        what = f"{certificate} and {key} cannot be used as certificate and key ({reason}); both must be PEM and a pair"
        raise BadInput(what, field="TWIN_TLS_CERT") from error
    return read


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context
