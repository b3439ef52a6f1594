"""The socket to the server: python-socketio's blocking client, websocket only, namespace /agents. Owns the
client, its threads and the words for what went wrong; decides nothing (session.py does). Called by
agent.py.

A client is used for one connection and thrown away: what a dead one still has to say goes nowhere.
"""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Callable, Mapping
from typing import Any

from telemetry.slim import import_socketio
from telemetry.steps import Acked, Connected, Died, Event, Failed, Nacked, Refused

NAMESPACE = "/agents"
_TCP_S = 10.0  # for each blocking step of connecting
_NAMESPACE_S = 10.0  # for the server's answer to our CONNECT packet
_BYE_S = 1.0  # a shutdown does not wait longer for the server to hear of it
_log = logging.getLogger(__name__)


class Link:
    """`post` gets Connected, Refused, Failed, Died, Acked or Nacked, from other threads."""

    def __init__(self, post: Callable[[Event], None], token: Callable[[], str], ca_file: str = "") -> None:
        self._post = post
        self._token = token
        self._ca_file = ca_file
        self._client: Any = None
        self._refusal = ""  # what the server said when it did not let us in
        self._busy = False  # it said that this may change

    def open(self, url: str) -> None:
        """Connects in a thread of its own, because names, TCP and TLS block. Raises what `token` raises."""
        self.close()
        token = self._token()
        # No Origin: that is for browsers, and behind TLS the server would compare our https:// with its own http://.
        options: dict[str, object] = {"suppress_origin": True}
        if self._ca_file:
            options["sslopt"] = {"ca_certs": self._ca_file}
        client = import_socketio().Client(
            reconnection=False, request_timeout=_TCP_S, handle_sigint=False, websocket_extra_options=options
        )
        self._client, self._refusal, self._busy = client, "", False
        client.on("connect_error", lambda data=None: self._note_refusal(client, data), namespace=NAMESPACE)
        client.on("disconnect", lambda *reason: self._died(client, url), namespace=NAMESPACE)
        threading.Thread(target=self._connect, args=(client, url, token), name="connect", daemon=True).start()

    def _connect(self, client: Any, url: str, token: str) -> None:
        auth = {"token": token} if token else {}
        try:
            client.connect(url, auth=auth, transports=["websocket"], namespaces=[NAMESPACE], wait_timeout=_NAMESPACE_S)
        except Exception as error:  # noqa: BLE001  # a thread's top: all that it says goes on
            _log.debug("connecting to %s failed", url, exc_info=True)
            if self._refusal and self._busy:
                self._tell(client, Failed(f"{url} does not let us in yet: {self._refusal}"))
            elif self._refusal:
                self._tell(client, Refused(self._refusal))
            else:
                self._tell(client, Failed(explain(error, url)))
        else:
            self._tell(client, Connected())

    def _note_refusal(self, client: Any, data: object) -> None:
        """Called for a refused namespace (an object with a message) and for a failed connection (anything
        else)."""
        if client is self._client and isinstance(data, Mapping) and "message" in data:
            self._refusal = str(data["message"])[:300]
            more = data.get("data")
            self._busy = isinstance(more, Mapping) and more.get("retry") is True

    def _died(self, client: Any, url: str) -> None:
        self._tell(client, Died(f"The connection to {url} is gone."))

    def _tell(self, client: Any, event: Event) -> None:
        if client is self._client:
            self._post(event)

    def send(self, event: str, body: Mapping[str, object]) -> None:
        """Sends; the acknowledgement comes as Acked or Nacked, or never."""
        client = self._client
        try:
            client.emit(event, body, NAMESPACE, lambda *args: self._tell(client, answer(args)))
        except Exception as error:  # noqa: BLE001  # whatever it is, this connection is of no more use
            self._tell(client, Died(f"Sending failed: {error}"))

    def bye(self, reason: str) -> None:
        """Says goodbye and waits a moment for the server to have heard it, so that it need not call us
        lost."""
        heard = threading.Event()
        try:
            self._client.emit("bye", {"reason": reason}, NAMESPACE, lambda *args: heard.set())
        except Exception:  # noqa: BLE001  # leaving anyway
            return
        heard.wait(_BYE_S)

    def close(self) -> None:
        """Nothing more is heard of this connection. Closing waits for the other side, so a thread does it."""
        client, self._client = self._client, None
        if client is not None:
            threading.Thread(target=_close, args=(client,), name="close", daemon=True).start()


def _close(client: Any) -> None:
    try:
        client.disconnect()
    except Exception:  # noqa: BLE001  # it is being thrown away
        _log.debug("closing failed", exc_info=True)


def answer(args: tuple[object, ...]) -> Event:
    """Acked or Nacked from what the server acknowledged with."""
    body = args[0] if args else None
    if isinstance(body, Mapping) and body.get("ok") is True:
        return Acked()
    error = body.get("error") if isinstance(body, Mapping) else None
    if not isinstance(error, Mapping):
        return Nacked("bad_ack", "its answer is neither ok nor an error", retry=True)
    field = str(error.get("field") or "")
    message = str(error.get("message") or "it gave no reason")[:300]
    where = f"{field}: " if field and not message.startswith(field) else ""
    return Nacked(str(error.get("code") or "unknown")[:60], where + message, retry=error.get("retry") is True)


def explain(error: BaseException, url: str) -> str:
    """What a person can do about it. The client hides the cause behind "Connection error", so look for it."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            why = f"its certificate is not trusted ({seen.verify_message})"
            return f"{url}: {why}. Give the CA that signed it with --ca FILE."
        if isinstance(seen, ssl.SSLError):
            return f"{url}: TLS failed ({seen.reason or seen}). If it does not speak TLS, use http://."
        status = getattr(seen, "status_code", None)
        if isinstance(status, int):
            return f"{url} answers, but not as a twin (HTTP {status}). Is it an older manager?"
        if isinstance(seen, ConnectionRefusedError):
            return f"{url}: nobody listens there. Is the server running?"
        if isinstance(seen, OSError) and not isinstance(seen, ConnectionError):
            return f"{url} cannot be reached ({seen})."
        seen = seen.__cause__ or seen.__context__
    return f"{url}: no connection ({error})."
