"""Every setting of the service: one frozen table, read once from the environment.

`Settings.read(environ)` is called by __main__ and passed down; nothing else looks at the environment. The table in
docs/settings.md is made from FIELDS (`twin settings --markdown`), and a test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from twin.core.errors import BadInput
from twin.core.live import Rules
from twin.core.outbox import Limits

LEGACY_MODES = ("off", "loopback", "open")


def _setting(default: Any, unit: str, about: str) -> Any:
    return field(default=default, metadata={"unit": unit, "about": about})


@dataclass(frozen=True, slots=True)
class Settings:
    """Names are the environment's without TWIN_, in lower case; units are in the names or in the table."""

    host: str = _setting("127.0.0.1", "address", "Address to listen on. 0.0.0.0 lets phones, headsets and Pis in.")
    port: int = _setting(8080, "port", "Port of HTTP and socket.io. 0 picks a free one.")
    data_dir: Path = _setting(Path(".twin"), "path", "Where the store and the tokens live. Created when missing.")
    cluster: str = _setting(
        "cluster", "name or path", "Layout: `cluster` (1050 Pis), `mini` (84), `desk` (4) or a .toml file."
    )
    agent_token: str = _setting(
        "", "secret", "Token of agents. Empty: made at the first start and kept in the data directory."
    )
    operator_token: str = _setting(
        "", "secret", "Token of operators. Empty: made at the first start and kept there too."
    )
    legacy_open: str = _setting(
        "off",
        "off, loopback, open",
        "Who may use today's protocols for writing without a token: nobody, this machine, anyone.",
    )
    tick_ms: int = _setting(200, "ms", "Time between frames.")
    period_s: float = _setting(5.0, "s", "How often a node is expected to report, unless its agent says otherwise.")
    late_after: float = _setting(2.0, "periods", "A node is late after so many missed reports.")
    lost_after: float = _setting(6.0, "periods", "A node is lost after so many missed reports.")
    max_nodes: int = _setting(65_000, "nodes", "More are refused, so that a flood of invented Pis ends somewhere.")
    max_viewers: int = _setting(20_000, "viewers", "More are turned away with `too_many_viewers`.")
    max_body_kb: int = _setting(256, "KiB", "Largest body of a single report over HTTP.")
    viewer_soft_kb: int = _setting(32, "KiB", "Backlog of a viewer above which it is skipped and its changes conflate.")
    viewer_hard_kb: int = _setting(1024, "KiB", "Backlog above which a viewer is closed at once.")
    viewer_patience_s: float = _setting(10.0, "s", "How long a viewer may stay behind before it is closed.")
    viewer_sndbuf_kb: int = _setting(
        128, "KiB", "Kernel send buffer of a connection; the system's own would hide a slow viewer."
    )
    resume_frames: int = _setting(150, "frames", "How far back a viewer may resume with a delta instead of a snapshot.")
    commit_linger_ms: float = _setting(15.0, "ms", "How long a commit waits for more reports, if few wait.")
    journal_max: int = _setting(32_768, "reports", "Reports waiting for the disk before new ones get 503.")
    spool_max_mb: int = _setting(
        2048, "MiB", "With a database: what may wait for it on this disk before new reports get 503."
    )
    keep_hours: float = _setting(24.0, "hours", "How long landed reports are kept in the embedded store.")
    store: str = _setting("sqlite", "sqlite, oracle", "Where the history is: the data directory's own file, or Oracle.")
    history_days: float = _setting(30.0, "days", "How long the history keeps every report's values.")
    history_rest_days: float = _setting(7.0, "days", "How long it keeps what else a report says, such as processes.")
    history_all_days: float = _setting(365.0, "days", "How long it keeps minutes, statuses and the audit.")
    max_replays: int = _setting(32, "playheads", "Pasts that are played at once; a shared one counts once.")
    oracle_dsn: str = _setting(
        "",
        "name or address",
        "The Oracle database: an alias of the wallet's tnsnames.ora, host:port/service, or a descriptor.",
    )
    oracle_user: str = _setting("", "name", "The database user that owns the twin's tables.")
    oracle_password: str = _setting("", "secret", "Its password.")
    oracle_wallet_dir: str = _setting(
        "", "path", "Directory with tnsnames.ora and ewallet.pem. Empty: TLS without a wallet, or none."
    )
    oracle_wallet_password: str = _setting("", "secret", "The password of ewallet.pem.")
    tls: str = _setting(
        "off", "off, auto", "HTTPS beside HTTP: not, or with a certificate that the twin makes and renews itself."
    )
    tls_cert: str = _setting("", "path", "Your own certificate with its chain, PEM. Turns HTTPS on without `auto`.")
    tls_key: str = _setting("", "path", "Its key, PEM, without a passphrase.")
    tls_port: int = _setting(8443, "port", "Port of HTTPS. 0 picks a free one.")
    tls_only: bool = _setting(False, "true, false", "The plain port only leads to HTTPS: no agents, no viewers on it.")
    tls_names: str = _setting("", "names", "More names and addresses for the certificate, with commas between them.")
    max_present: int = _setting(64, "people", "Viewers that see each other as heads and hands; more only watch.")
    models: str = _setting("start", "start, asked", "When the model's files are made: at the start, or when asked for.")
    beacon: bool = _setting(True, "true, false", "Broadcast `IP:PORT` over UDP so that agents find the server.")
    beacon_port: int = _setting(3333, "port", "UDP port of the broadcast.")
    beacon_s: float = _setting(5.0, "s", "Time between broadcasts.")
    ping_s: float = _setting(20.0, "s", "How often Pis registered by today's protocol are pinged.")
    ping_port: int = _setting(8880, "port", "Port of a Pi's own web service.")
    lights: int = _setting(24, "lamps", "NeoPixels in the roof lamp.")
    log_format: str = _setting("text", "text, json", "Lines for people, or one JSON object a line.")
    log_level: str = _setting("info", "debug, info, warning, error", "The least level that is logged.")

    @classmethod
    def read(cls, environ: Mapping[str, str], **overrides: Any) -> Settings:
        """Settings from TWIN_* variables, then overrides (command line). Raises BadInput naming the variable."""
        values: dict[str, Any] = {}
        for spec in fields(cls):
            raw = environ.get(variable(spec.name))
            if raw is not None and raw != "":
                values[spec.name] = _convert(spec.name, type(spec.default), raw)
        settings = cls(**{**values, **{k: v for k, v in overrides.items() if v is not None}})
        _check(settings)
        return settings

    @property
    def https(self) -> bool:
        """Whether there is a second port that speaks TLS."""
        return self.tls == "auto" or bool(self.tls_cert)

    def rules(self) -> Rules:
        return Rules(int(self.period_s * 1000), self.late_after, self.lost_after, self.max_nodes)

    def viewer_limits(self) -> Limits:
        patience_ms = int(self.viewer_patience_s * 1000)
        return Limits(self.viewer_soft_kb * 1024, self.viewer_hard_kb * 1024, patience_ms, self.resume_frames)


def unknown(environ: Mapping[str, str]) -> list[str]:
    """TWIN_* variables that are nobody's: a typing mistake, most often. Told only: orchestrators add their own."""
    known = {variable(spec.name) for spec in fields(Settings)} | ELSEWHERE
    return sorted(name for name in environ if name.startswith("TWIN_") and name not in known)


# TWIN_* variables that belong to other programs of the project (the agent, the build).
ELSEWHERE = frozenset({"TWIN_SKIP_PAGE", "TWIN_SERVER", "TWIN_AGENT_TOKEN_FILE"})


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"TWIN_{name.upper()}"


def markdown() -> str:
    """The table of docs/settings.md."""
    lines = ["| variable | default | unit | what it does |", "| --- | --- | --- | --- |"]
    for spec in fields(Settings):
        default = str(spec.default).lower() if isinstance(spec.default, bool) else str(spec.default)
        shown = f"`{default}`" if default else "(none)"
        lines.append(f"| `{variable(spec.name)}` | {shown} | {spec.metadata['unit']} | {spec.metadata['about']} |")
    return "\n".join(lines) + "\n"


def _convert(name: str, kind: type, raw: str) -> Any:
    try:
        return _PARSERS[kind](raw)
    except ValueError:
        wanted = {int: "a whole number", float: "a number", bool: "true or false"}.get(kind, "text")
        raise BadInput(f"{variable(name)} is {raw!r}; it must be {wanted}", field=variable(name)) from None


def _bool(raw: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if raw.lower() not in words:
        raise ValueError(raw)
    return words[raw.lower()]


_PARSERS: dict[type, Callable[[str], Any]] = {int: int, float: float, bool: _bool, str: str, type(Path()): Path}

_RANGES: dict[str, tuple[float, float]] = {
    "port": (0, 65535),
    "tick_ms": (20, 10_000),
    "period_s": (0.1, 3600),
    "late_after": (1, 1000),
    "lost_after": (1, 10_000),
    "max_nodes": (1, 1_000_000),
    "max_viewers": (1, 1_000_000),
    "max_body_kb": (1, 65_536),
    "viewer_soft_kb": (1, 65_536),
    "viewer_hard_kb": (16, 1_048_576),
    "viewer_patience_s": (0.1, 3600),
    "viewer_sndbuf_kb": (4, 16_384),
    "resume_frames": (1, 100_000),
    "commit_linger_ms": (0, 1000),
    "journal_max": (16, 10_000_000),
    "spool_max_mb": (1, 10_000_000),
    "keep_hours": (0.01, 100_000),
    "history_days": (0.01, 100_000),
    "history_rest_days": (0.001, 100_000),
    "history_all_days": (0.01, 100_000),
    "max_replays": (0, 10_000),
    "tls_port": (0, 65535),
    "max_present": (0, 1000),
    "beacon_port": (1, 65535),
    "beacon_s": (0.1, 3600),
    "ping_s": (0.1, 3600),
    "ping_port": (1, 65535),
    "lights": (1, 1024),
}
_CHOICES = {
    "legacy_open": LEGACY_MODES,
    "store": ("sqlite", "oracle"),
    "tls": ("off", "auto"),
    "models": ("start", "asked"),
    "log_format": ("text", "json"),
    "log_level": ("debug", "info", "warning", "error"),
}


def _check(settings: Settings) -> None:
    for name, (low, high) in _RANGES.items():
        value = getattr(settings, name)
        if not low <= value <= high:
            raise BadInput(f"{variable(name)} is {value:g}; it must be {low:g} to {high:g}", field=variable(name))
    for name, choices in _CHOICES.items():
        if getattr(settings, name) not in choices:
            given = getattr(settings, name)
            raise BadInput(
                f"{variable(name)} is {given!r}; it must be one of {', '.join(choices)}", field=variable(name)
            )
    if bool(settings.tls_cert) != bool(settings.tls_key):
        lacking = "TWIN_TLS_KEY" if settings.tls_cert else "TWIN_TLS_CERT"
        raise BadInput(f"{lacking} is missing: a certificate and its key come together", field=lacking)
    if settings.tls_cert and settings.tls == "auto":
        raise BadInput("TWIN_TLS=auto makes a certificate and TWIN_TLS_CERT names one; choose", field="TWIN_TLS")
    if settings.tls_only and not settings.https:
        raise BadInput(
            "TWIN_TLS_ONLY needs HTTPS: TWIN_TLS=auto, or TWIN_TLS_CERT and TWIN_TLS_KEY", field="TWIN_TLS_ONLY"
        )
    if settings.https and settings.tls_port and settings.tls_port == settings.port:
        raise BadInput("TWIN_TLS_PORT and TWIN_PORT are the same; HTTPS needs a port of its own", field="TWIN_TLS_PORT")
    if settings.lost_after < settings.late_after:
        raise BadInput("TWIN_LOST_AFTER must not be below TWIN_LATE_AFTER", field="TWIN_LOST_AFTER")
