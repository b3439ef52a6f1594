"""`twin store init` and `twin store ords`: make the tables and the HTTP modules in an Oracle database.

Owns their options and what is told; twin/__main__.py hooks them in and prints. The password comes from the environment
or a question, never from the command line, where every process of the machine could read it.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from telemetry.store.base import StoreError
from telemetry.store.sql import modules, versions

if TYPE_CHECKING:
    from telemetry.store.oracle_pool import OracleSettings

FAILED, USAGE = 1, 2
Say = Callable[[str], None]
Ask = Callable[[str], str]
Bodies = Callable[[str], Sequence[Mapping[str, object]]]


def add_commands(commands: Any, say: Say, bodies: Bodies) -> None:
    """Add both to the subcommands of `twin store` (what argparse's add_subparsers returned). bodies: of a cluster's old
    model, by the cluster's name or file, as sql/bodies.sql binds them."""
    init = commands.add_parser("init", help="make or update the twin's tables in an Oracle database")
    ords = commands.add_parser("ords", help="define the HTTP modules (ORDS) that today's clients call")
    for parser, install in ((init, _install), (ords, _install_ords)):
        parser.add_argument("--dsn", help="alias, host:port/service or descriptor (TWIN_ORACLE_DSN)")
        parser.add_argument("--user", help="the schema's user (TWIN_ORACLE_USER)")
        parser.add_argument("--wallet-dir", help="directory with tnsnames.ora and ewallet.pem (TWIN_ORACLE_WALLET_DIR)")
        parser.add_argument("--dry-run", action="store_true", help="print the SQL and connect to nothing")
        parser.set_defaults(act=lambda args, install=install: install(args, os.environ, say))
    ords.add_argument("--cluster", default="cluster", help="layout: cluster, mini, desk or a .toml file (TWIN_CLUSTER)")
    ords.set_defaults(bodies=bodies)


def oracle_settings(
    environ: Mapping[str, str], args: argparse.Namespace | None = None, ask: Ask | None = None
) -> OracleSettings:
    """Where the database is, from TWIN_ORACLE_* and the command line. Raises ValueError naming what is missing."""
    from telemetry.store.oracle_pool import OracleSettings

    def given(name: str) -> str:
        return getattr(args, name, None) or environ.get(f"TWIN_ORACLE_{name.upper()}", "")

    dsn, user, password = given("dsn"), given("user"), given("password")
    if not dsn or not user:
        raise ValueError(f"where is the database? Set TWIN_ORACLE_{'DSN' if not dsn else 'USER'}; see docs/oracle.md")
    if not password and ask is not None:
        password = ask(f"Password of {user}: ")
    if not password:
        raise ValueError("set TWIN_ORACLE_PASSWORD; see docs/oracle.md")
    return OracleSettings(dsn, user, password, given("wallet_dir"), given("wallet_password"))


def _install(args: argparse.Namespace, environ: Mapping[str, str], say: Say) -> int:
    from telemetry.store import oracle_install

    if args.dry_run:
        say(oracle_install.script(versions()))
        return 0
    return _carry_out(args, environ, say, oracle_install.install)


def _install_ords(args: argparse.Namespace, environ: Mapping[str, str], say: Say) -> int:
    from telemetry.store import oracle_install

    if args.dry_run:
        say(oracle_install.script(modules()))
        return 0
    return _carry_out(args, environ, say, partial(oracle_install.install_ords, bodies=args.bodies(args.cluster)))


def _carry_out(args: argparse.Namespace, environ: Mapping[str, str], say: Say, install: Callable[..., Any]) -> int:
    try:
        settings = oracle_settings(environ, args, getpass.getpass if sys.stdin.isatty() else None)
    except ValueError as error:
        say(str(error))
        return USAGE
    try:
        asyncio.run(install(settings, say))
    except StoreError as error:
        say(error.message)
        return FAILED
    return 0
