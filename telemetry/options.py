"""The agent's options: one table of flags, environment names, defaults and help, and the frozen Options made from it.
Owns what is a valid option. Called by twin's command line and agent.py; docs/agent.md is compared with the table.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from telemetry import discovery, probe
from telemetry.errors import AgentError, ReportError
from telemetry.fields import switch_ip as read_switch
from telemetry.session import CATCH_UP

TABLE = (  # flag, environment, default, metavar, help
    (
        "--server",
        "TWIN_AGENT_SERVER",
        "",
        "URL",
        "the server; without it, wait for a broadcast that says where it is",
    ),
    (
        "--token",
        "TWIN_AGENT_TOKEN",
        "",
        "TOKEN",
        "the agents' token; others on this machine can see it in ps",
    ),
    ("--token-file", "TWIN_AGENT_TOKEN_FILE", "", "FILE", "a file with the token, read at each connection"),
    ("--ca", "TWIN_AGENT_CA", "", "FILE", "the CA that signed the server's certificate, as PEM"),
    ("--period", "TWIN_AGENT_PERIOD", "5", "S", "seconds between two reports, 0.2 to 3600"),
    (
        "--discovery-port",
        "TWIN_AGENT_DISCOVERY_PORT",
        str(discovery.PORT),
        "PORT",
        "UDP port of the broadcast",
    ),
    (
        "--interface-ip",
        "TWIN_AGENT_INTERFACE_IP",
        "",
        "IP",
        "our address, when it is not the default route's",
    ),
    ("--mac", "TWIN_AGENT_MAC", "", "MAC", "our mac; needed to run two agents on one machine"),
    ("--switch-ip", "TWIN_AGENT_SWITCH_IP", "", "IP", "the switch we hang on; usually the server knows"),
    ("--port-on-switch", "TWIN_AGENT_SWITCH_PORT", "-1", "N", "our port on that switch"),
    (
        "--http-port",
        "TWIN_AGENT_HTTP_PORT",
        str(probe.PORT),
        "PORT",
        "for the old calls that read; 0 for none",
    ),
    (
        "--keep-dir",
        "TWIN_AGENT_KEEP_DIR",
        "",
        "DIR",
        "where reports that cannot be sent are kept; without it, in memory",
    ),
    ("--keep-mb", "TWIN_AGENT_KEEP_MB", "16", "MB", "how much may be kept there, 0.1 to 1000"),
    (
        "--catch-up-rate",
        "TWIN_AGENT_CATCH_UP_RATE",
        f"{CATCH_UP:g}",
        "N",
        "kept reports sent a second, once there is a server again, 0.01 to 100",
    ),
    ("--log-level", "TWIN_AGENT_LOG_LEVEL", "info", "LEVEL", "debug, info, warning or error"),
)
_LEVELS = ("debug", "info", "warning", "error")
_TOKEN_BYTES = 8192


@dataclass(frozen=True, slots=True)
class Options:
    """What the agent was told, checked. Empty text means: find out yourself."""

    server: str = ""
    token: str = ""
    token_file: str = ""
    ca: str = ""
    period_s: float = 5.0
    discovery_port: int = discovery.PORT
    interface_ip: str = ""
    mac: str = ""
    switch_ip: str = ""
    port: int = -1
    http_port: int = probe.PORT
    keep_dir: str = ""
    keep_mb: float = 16.0
    catch_up_rate: float = CATCH_UP
    log_level: str = "info"
    once: bool = False

    def read_token(self) -> str:
        """The token as it is now: a new one in the file is used at the next connection, without a restart."""
        if not self.token_file:
            return self.token
        try:
            with Path(self.token_file).open("rb") as file:
                token = file.read(_TOKEN_BYTES).decode("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            message = f"--token-file: {self.token_file} cannot be read ({error}). Can the agent's user read it?"
            raise AgentError("bad_token_file", message, retry=True) from None
        return token


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the agent's options to a (sub)command's parser."""
    for flag, variable, default, metavar, text in TABLE:
        shown = f" (default {default}; {variable})" if default else f" ({variable})"
        parser.add_argument(flag, metavar=metavar, help=text + shown)
    parser.add_argument("--once", action="store_true", help="send one report, then exit: 0 when it was kept")


def read_options(args: argparse.Namespace, environment: Mapping[str, str] = os.environ) -> Options:
    """Options from the command line, else the environment, else the table. Raises AgentError naming the option."""
    got = {}
    for flag, variable, default, _, _ in TABLE:
        given = getattr(args, flag[2:].replace("-", "_"), None)
        got[flag] = str(given if given is not None else environment.get(variable, "") or default).strip()
    if got["--log-level"] not in _LEVELS:
        _bad("--log-level", got["--log-level"], f"one of {', '.join(_LEVELS)}")
    if got["--ca"] and not os.access(got["--ca"], os.R_OK):
        raise AgentError("bad_ca_file", f"--ca: {got['--ca']} cannot be read. Is the path right, and readable to us?")
    options = Options(
        server=server_url(got["--server"]) if got["--server"] else "",
        token=got["--token"],
        token_file=got["--token-file"],
        ca=got["--ca"],
        period_s=_number(got, "--period", 0.2, 3600.0),
        discovery_port=int(_number(got, "--discovery-port", 1, 65535)),
        interface_ip=got["--interface-ip"],
        mac=got["--mac"],
        switch_ip=_switch(got["--switch-ip"]),
        port=int(_number(got, "--port-on-switch", -1, 65535)),
        http_port=int(_number(got, "--http-port", 0, 65535)),
        keep_dir=got["--keep-dir"],
        keep_mb=_number(got, "--keep-mb", 0.1, 1000),
        catch_up_rate=_number(got, "--catch-up-rate", 0.01, 100),
        log_level=got["--log-level"],
        once=bool(getattr(args, "once", False)),
    )
    options.read_token()
    return options


def server_url(text: str) -> str:
    """scheme://host:port of a server; http:// is assumed. Raises AgentError."""
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        raise AgentError("bad_server_url", f"--server: {text!r} has no valid port.") from None
    plain = parts.path in ("", "/") and not parts.query and not parts.fragment and parts.username is None
    if parts.scheme not in ("http", "https") or not parts.hostname or not plain:
        message = f"--server: {text!r} must be http://HOST:PORT or https://HOST:PORT, with nothing after it."
        raise AgentError("bad_server_url", message)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"


def _switch(text: str) -> str:
    try:
        return read_switch(text)
    except ReportError:
        _bad("--switch-ip", text, "an address such as 172.20.80.211")
    return ""


def _number(got: Mapping[str, str], flag: str, low: float, high: float) -> float:
    try:
        number = float(got[flag])
    except ValueError:
        number = float("nan")
    if not low <= number <= high:
        _bad(flag, got[flag], f"a number from {low:g} to {high:g}")
    return number


def _bad(flag: str, value: str, wanted: str) -> None:
    raise AgentError("bad_option", f"{flag} is {value!r}; it must be {wanted}.")
