"""Answers the old HTTP calls of the manager that only read: GET /ping, /getpiinfo, /listapps on port 8880, in upper
or lower case. Owns the small server and its bounds; what it says comes from functions it is given. Called by agent.py.

It takes no orders: the calls that run, kill or shut down something are not answered here.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PORT = 8880
MAX_CALLS = 4  # at one time; the manager makes one every 20 s
TIMEOUT_S = 3.0  # for each read and write; with MAX_CALLS the most a slow caller can hold
Answers = Mapping[str, Callable[[], Mapping[str, object]]]  # "/ping" -> what to answer


class Probe(ThreadingHTTPServer):
    """Serves from its own thread between `start` and `stop`."""

    daemon_threads = True
    request_queue_size = 16

    def __init__(self, answers: Answers, port: int = PORT, host: str = "") -> None:
        """Raises OSError when the port is taken."""
        self.answers = answers
        self._room = threading.BoundedSemaphore(MAX_CALLS)
        super().__init__((host, port), _Handler)

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, name="probe", daemon=True).start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()

    def server_bind(self) -> None:
        """As the parent's, without the look-up of our own name, which blocks for seconds where there is no DNS."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "twin-agent", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)  # full: no thread, no answer; the manager asks again in 20 s

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that went away in the middle is no news; the parent would print it."""


class _Handler(BaseHTTPRequestHandler):
    server: Probe
    timeout = TIMEOUT_S
    server_version = "twin-agent"
    sys_version = ""

    def do_GET(self) -> None:
        path = self.path.split("?", 1)[0].rstrip("/").lower()
        answer = self.server.answers.get(path)
        if answer is None:
            text = f"There is no {path[:60] or '/'} here. This agent answers GET {', '.join(self.server.answers)}."
            self._reply(404, {"status": "false", "message": text})
        else:
            self._reply(200, answer())

    do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = lambda self: self._no()  # noqa: N815

    def _no(self) -> None:
        self.close_connection = True  # whatever body comes with it stays unread
        text = "This agent only answers GET. It takes orders by its socket, from its server."
        self._reply(404, {"status": "false", "message": text})

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the parent refuses (a malformed request), as JSON like everything else."""
        self.close_connection = True
        self._reply(code, {"status": "false", "message": message or "This is not a request."})

    def _reply(self, code: int, body: Mapping[str, object]) -> None:
        data = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the parent's name
        """A ping every 20 s is not worth a line."""


def listapps(processes: list[tuple[str, int]]) -> dict[str, object]:
    """As the agents in the field write it: one text, `name ::: pid` after `name ::: pid`."""
    return {"processes": " ".join(f"{name} ::: {pid}" for name, pid in processes)}
