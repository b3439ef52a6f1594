"""The `twin` command. The only place of this package that prints, reads the environment or decides an exit code.

Each subcommand imports what it needs when it runs: `twin agent` on a Pi must not pull in numpy or aiohttp.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys

USAGE = 2


def main(argv: list[str] | None = None) -> int:
    """Run one subcommand; returns its exit code."""
    given = sys.argv[1:] if argv is None else argv
    args = _parser(given[0] if given else "").parse_args(given)
    try:
        return int(args.act(args))
    except KeyboardInterrupt:
        return 130


def _parser(command: str) -> argparse.ArgumentParser:
    """The parser; of agent and simulate only the one that is called brings its options, for its imports."""
    from twin import __version__

    parser = argparse.ArgumentParser(prog="twin", description="The live digital twin of a cluster of Raspberry Pis.")
    parser.add_argument("--version", action="version", version=f"twin {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")
    serve = commands.add_parser("serve", help="run the service (settings: TWIN_*, see docs/settings.md)")
    _serve_arguments(serve)
    serve.set_defaults(act=_serve)
    demo = commands.add_parser("demo", help="run the service and a simulated cluster beside it")
    _serve_arguments(demo)
    demo.add_argument("--nodes", type=int, default=None, help="simulated Pis (default: as many as the cluster has)")
    demo.add_argument("--seed", type=int, default=1, help="seed of the simulation (default 1)")
    demo.set_defaults(act=_demo)
    agent = commands.add_parser("agent", help="report this machine to a twin")
    if command == "agent":
        _agent_arguments(agent)
    simulate = commands.add_parser("simulate", help="a believable fleet of Pis over real connections")
    if command == "simulate":
        _simulate_arguments(simulate)
    store = commands.add_parser(
        "store", help="the history: check, pack or export the file, make the tables of a database"
    )
    if command == "store":
        _store_arguments(store)
    markers = commands.add_parser("markers", help="print markers for the racks: a PDF, SVGs and what AR viewers need")
    if command == "markers":
        _markers_arguments(markers)
    model = commands.add_parser("model", help="the cluster as layout.json, GLB and USDZ; check a cluster file")
    if command == "model":
        _model_arguments(model)
    tls = commands.add_parser("tls", help="HTTPS by itself: show, renew or export what devices have to trust")
    if command == "tls":
        _tls_arguments(tls)
    settings = commands.add_parser("settings", help="show every setting as a table")
    settings.set_defaults(act=_settings)
    describe = commands.add_parser(
        "describe", help="write the protocol's files: types, AsyncAPI, OpenAPI, golden frames"
    )
    describe.add_argument("what", choices=("typescript", "asyncapi", "openapi"))
    describe.set_defaults(act=_describe)
    return parser


def _serve_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen on (TWIN_HOST)")
    parser.add_argument("--port", type=int, help="port to listen on (TWIN_PORT)")
    parser.add_argument("--data-dir", help="where the store and tokens live (TWIN_DATA_DIR)")
    parser.add_argument("--cluster", help="layout: cluster, mini, desk or a .toml file (TWIN_CLUSTER)")
    parser.add_argument(
        "--tls-auto", action="store_true", help="HTTPS too, with a certificate that is made here (TWIN_TLS=auto)"
    )
    parser.add_argument(
        "--legacy-open",
        nargs="?",
        const="open",
        choices=("off", "loopback", "open"),
        help="let today's clients write without a token: anyone (the default of this flag), or only this machine",
    )


def _serve(args: argparse.Namespace) -> int:
    from twin.run import serve

    return asyncio.run(serve(args, dict(os.environ), _say))


def _demo(args: argparse.Namespace) -> int:
    from twin.run import demo

    return asyncio.run(demo(args, dict(os.environ), _say))


def _agent_arguments(parser: argparse.ArgumentParser) -> None:
    from telemetry.agent import add_arguments, run

    add_arguments(parser)
    parser.set_defaults(act=run)


def _simulate_arguments(parser: argparse.ArgumentParser) -> None:
    from telemetry.simulate import add_arguments
    from twin.run import simulate

    add_arguments(parser)
    parser.set_defaults(act=simulate)


def _store_arguments(parser: argparse.ArgumentParser) -> None:
    from telemetry.store import command, dead_command, oracle_command

    what = parser.add_subparsers(required=True, metavar="what")
    command.add_commands(what, _say)
    dead_command.add_commands(what, _say)
    oracle_command.add_commands(what, _say, _bodies)


def _tls_arguments(parser: argparse.ArgumentParser) -> None:
    from twin.edge import tls_command

    tls_command.add_commands(parser.add_subparsers(required=True, metavar="what"), _say, dict(os.environ))


def _bodies(cluster: str) -> list[dict[str, object]]:
    """The bodies of a cluster's old model, for the database's HTTP modules."""
    from models.layout import load
    from twin.wire.ords import body_rows

    return body_rows(load(cluster))


def _model_arguments(parser: argparse.ArgumentParser) -> None:
    from models.command import add_commands
    from twin.settings import Settings

    own = Settings.read(dict(os.environ))
    add_commands(parser.add_subparsers(required=True, metavar="what"), _say, own.cluster)


def _markers_arguments(parser: argparse.ArgumentParser) -> None:
    from models.markers import files
    from twin.settings import Settings

    own = Settings.read(dict(os.environ))
    files.add_arguments(parser, own.data_dir, own.cluster)
    parser.set_defaults(act=lambda args: files.run(args, _say))


def _settings(args: argparse.Namespace) -> int:
    from twin.settings import markdown

    print(markdown(), end="")
    return 0


def _describe(args: argparse.Namespace) -> int:
    import json

    from twin.wire.asyncapi import asyncapi
    from twin.wire.openapi import openapi
    from twin.wire.typescript import typescript

    if args.what == "typescript":
        print(typescript(), end="")
    else:
        print(json.dumps(asyncapi() if args.what == "asyncapi" else openapi(), indent=1))
    return 0


def _say(line: str) -> None:
    """What a person in front of the terminal reads; logs go to stderr."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
