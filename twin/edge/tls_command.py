"""`twin tls show | renew | export`: the certificates of a data directory, without a running service.

Owns what these commands say. A service that runs on the same directory takes up a renewed certificate within half a
minute.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from twin.core.errors import BadInput, TwinError
from twin.edge.tls import AutomaticTls, tls_of
from twin.edge.tls_authority import names_in, write_public
from twin.edge.tls_profile import mobileconfig
from twin.settings import Settings

Say = Callable[[str], None]


def add_commands(what: Any, say: Say, environ: Mapping[str, str]) -> None:
    """Adds the subcommands to `what` (argparse's subparsers)."""
    for name, act, about in (
        ("show", show, "the fingerprint to compare, the names, the ends; makes what is missing"),
        ("renew", renew, "make a new server certificate now; --authority: a new authority as well"),
        ("export", export, "write what devices need: twin-ca.crt, twin-ca.pem, twin.mobileconfig"),
    ):
        command = what.add_parser(name, help=about)
        command.add_argument("--data-dir", help="where `twin serve` keeps it (TWIN_DATA_DIR)")
        if name == "renew":
            command.add_argument("--authority", action="store_true", help="every device has to trust the new one")
        if name == "export":
            command.add_argument("--out", default=".", help="the folder to write to (default: this one)")
        command.set_defaults(act=_guarded(act, say, environ))


def show(tls: AutomaticTls, args: argparse.Namespace, say: Say) -> None:
    """What is there, in words."""
    authority = tls.authority.certificate
    say(f"authority    {authority.subject.rfc4514_string().removeprefix('CN=')}")
    say(f"  ends       {authority.not_valid_after_utc:%Y-%m-%d}")
    say(f"  SHA-256    {tls.fingerprint}")
    say(f"  only for   {', '.join(tls.authority.domains)}, and private addresses")
    say(f"certificate  {', '.join(names_in(tls.certificate).texts())}")
    say(f"  ends       {tls.certificate.not_valid_after_utc:%Y-%m-%d}, renewed a month before")


def renew(tls: AutomaticTls, args: argparse.Namespace, say: Say) -> None:
    """A new certificate, and with --authority a new authority."""
    if args.authority:
        tls.forget_authority()
    tls.renew()
    show(tls, args, say)


def export(tls: AutomaticTls, args: argparse.Namespace, say: Say) -> None:
    """The authority in the forms that devices take. No key is among them."""
    certificate, der = tls.authority.certificate, tls.authority.der
    files = {
        "twin-ca.crt": der,
        "twin-ca.pem": certificate.public_bytes(Encoding.PEM),
        "twin.mobileconfig": mobileconfig(certificate, der),
    }
    for name, content in files.items():
        write_public(Path(args.out) / name, content)
        say(f"wrote {Path(args.out) / name}")
    say(f"SHA-256 {tls.fingerprint}")


def _guarded(
    act: Callable[[AutomaticTls, argparse.Namespace, Say], None], say: Say, environ: Mapping[str, str]
) -> Callable[[argparse.Namespace], int]:
    """What a person can mend ends in one sentence and code 2."""

    def run(args: argparse.Namespace) -> int:
        try:
            data_dir = Path(args.data_dir) if args.data_dir else None
            settings = Settings.read(
                {**environ, "TWIN_TLS_CERT": "", "TWIN_TLS_KEY": ""}, data_dir=data_dir, tls="auto"
            )
            if not settings.data_dir.is_dir():
                what = f"{settings.data_dir} is no folder; say --data-dir, or run `twin serve --tls-auto` once"
                raise BadInput(what, field="TWIN_DATA_DIR")
            tls = tls_of(settings, lambda: int(time.time() * 1000))
            assert isinstance(tls, AutomaticTls)
            act(tls, args, say)
        except TwinError as error:
            say(f"twin: {error.message}")
            return 2
        return 0

    return run
