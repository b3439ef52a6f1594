"""Every socket.io message, typed: namespaces /twin and /agents, and the names of today's events.

The one source of the wire's types: web/src/protocol.gen.ts (wire/typescript.py) and docs/asyncapi.yaml
(wire/asyncapi.py) are made from this file, and tests fail when they differ. The binary attachment of `frame` is
drawn in wire/frame.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict

PROTOCOL = 1


class FieldSpec(TypedDict):
    """One column of the frame: value = byte * step, `missing` stands for unknown."""

    name: str
    unit: str
    step: float
    missing: int
    bit: int
    bytes: int


class ModelRef(TypedDict):
    """Where the cluster's layout is served, and the sha256 of its bytes."""

    name: str
    layout: str
    hash: str


class ModelFile(TypedDict):
    """One file of /models/manifest.json, by its name. What is under a url never changes: keep it."""

    url: str
    sha256: str
    bytes: int
    type: str


class Hello(TypedDict):
    """First message, and again when the epoch changes: then every row is forgotten."""

    protocol: int
    server: str
    epoch: int
    seq: int
    tick_ms: int
    period_ms: int
    server_ms: int
    role: str
    lights: int
    fields: list[FieldSpec]
    statuses: list[str]
    model: ModelRef


class Roster(TypedDict):
    """Rows that are new or moved since version `base` (0: all rows), as columns. slot -1 = holding area."""

    epoch: int
    version: int
    base: int
    row: list[int]
    id: list[str]
    mac: list[str]
    ip: list[str]
    slot: list[int]


class NodeDetail(TypedDict):
    """The last full report of a watched node. `age_ms` null: it has never reported. `skew_ms`: how far its clock is
    ahead of the server's; null: it does not say its time."""

    id: str
    row: int
    mac: str
    ip: str
    slot: int
    status: str
    age_ms: int | None
    received_ms: int | None
    skew_ms: int | None
    report: dict[str, Any] | None


ByeCode = Literal["slow_viewer", "server_stopping", "too_many_viewers", "bad_request"]


class Bye(TypedDict):
    """The server is about to close this connection."""

    code: ByeCode
    reason: str
    reconnect: bool
    after_ms: int


class WireError(TypedDict):
    """What was wrong; `retry`: the same request may succeed later."""

    code: str
    message: str
    retry: bool
    field: NotRequired[str]


class Ack(TypedDict):
    """The answer to a request."""

    ok: bool
    error: NotRequired[WireError]
    mode: NotRequired[Literal["delta", "snapshot"]]
    server_ms: NotRequired[int]
    at_ms: NotRequired[int]
    id: NotRequired[int]


PlayState = Literal["live", "loading", "paused", "playing", "waiting"]


class Seek(TypedDict):
    """Wind to a moment. `speed` 0 = paused; `share`: the playhead of this name; `live`: back to the present."""

    at_ms: NotRequired[int]
    speed: NotRequired[float]
    share: NotRequired[str]
    live: NotRequired[bool]


class Playhead(TypedDict):
    """What time the frames are of, and how it moves. first_ms and last_ms: what can be shown, -1 unknown."""

    at_ms: int
    speed: float
    first_ms: int
    last_ms: int
    state: PlayState
    share: str | None
    mine: bool
    viewers: int


class StoreState(TypedDict):
    """How far the history's database is behind. `message`: one sentence, "" when all is well."""

    engine: str
    state: Literal["ok", "behind", "away", "refused"]
    lag_ms: int
    lag_rows: int
    waiting: int
    message: str


class Resume(TypedDict):
    """What the viewer has; the answer's `mode` says what follows. `roster`: the roster version it has."""

    epoch: int
    seq: int
    roster: NotRequired[int]


class Watch(TypedDict):
    """The ids whose full reports are wanted; replaces the former set."""

    ids: list[str]


class Interest(TypedDict):
    """Which columns, which nodes, how often. null = all, all, every tick."""

    fields: NotRequired[list[str] | None]
    ids: NotRequired[list[str] | None]
    max_hz: NotRequired[float | None]


class Present(TypedDict):
    """Join those who see each other, under a name of 1 to 24 characters; or leave them."""

    name: NotRequired[str]
    leave: NotRequired[bool]


class Pose(TypedDict):
    """Head and hands: [x, y, z, qx, qy, qz, qw], metres and a rotation of length 1, as in layout.json."""

    head: list[float]
    left: NotRequired[list[float] | None]
    right: NotRequired[list[float] | None]
    name: NotRequired[str]


class People(TypedDict):
    """Who is present, as columns; whoever is missing has left."""

    id: list[int]
    name: list[str]


class Birth(TypedDict):
    """An agent introduces itself. `fleet`: this socket speaks for many nodes (the simulator)."""

    mac: str
    ip: str
    boot_id: str
    version: str
    period_s: float
    capabilities: list[str]
    switch_ip: NotRequired[str]
    port: NotRequired[int]
    fleet: NotRequired[bool]


class Farewell(TypedDict):
    """Why an agent goes."""

    reason: Literal["shutdown", "reboot"]


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the protocol's table. `payload` None: a binary attachment or a free-form object, as `about` says."""

    name: str
    namespace: str
    sender: Literal["server", "viewer", "agent", "feeder"]
    payload: type | None
    acked: bool
    about: str


EVENTS: tuple[Event, ...] = (
    Event("hello", "/twin", "server", Hello, False, "What is spoken here: versions, epoch, fields, model."),
    Event("roster", "/twin", "server", Roster, False, "Who is in which row, and in which slot of the model."),
    Event("frame", "/twin", "server", None, False, "One binary attachment: a snapshot or a delta (docs/clients.md)."),
    Event("node", "/twin", "server", NodeDetail, False, "The full last report of a watched node, at each report."),
    Event("playhead", "/twin", "server", Playhead, False, "Where a replay is: after each seek, and once a second."),
    Event("store", "/twin", "server", StoreState, False, "How far the history's database is behind; on every change."),
    Event("people", "/twin", "server", People, False, "Ids and names of all who are present; on every change."),
    Event("poses", "/twin", "server", None, False, "One binary attachment: heads and hands (docs/clients.md)."),
    Event("bye", "/twin", "server", Bye, False, "Why the connection is closed, and whether to come back."),
    Event("resume", "/twin", "viewer", Resume, True, "Ask for what was missed: merged deltas, or a snapshot."),
    Event("watch", "/twin", "viewer", Watch, True, "Choose the nodes whose full reports are sent (32 at most)."),
    Event("interest", "/twin", "viewer", Interest, True, "Choose fields, nodes and rate of the frames."),
    Event("seek", "/twin", "viewer", Seek, True, "Show the past (docs/history.md), or the present again."),
    Event(
        "present", "/twin", "viewer", Present, True, "Join or leave those who see each other; the answer has the id."
    ),
    Event("pose", "/twin", "viewer", Pose, False, "Where this viewer's head and hands are, up to 20 times a second."),
    Event(
        "birth", "/agents", "agent", Birth, True, "An agent introduces itself; the answer carries the server's time."
    ),
    Event("report", "/agents", "agent", None, True, "A report (docs/dialects.md). Acknowledged once it is on disk."),
    Event(
        "bye", "/agents", "agent", Farewell, True, "The agent stops or reboots; without it, a closed socket is `lost`."
    ),
    Event("cluster.all", "/", "server", None, False, "On connect: {id: report} of every node, in today's dialect."),
    Event("cluster.event", "/", "server", None, False, "{id: report} of the nodes that changed, at most once a tick."),
    Event("cluster.delete", "/", "server", None, False, "Everything was forgotten. No data."),
    Event("cluster.update", "/", "feeder", None, True, "{id: report} to take in. Needs a token, or --legacy-open."),
    Event("cluster.delete", "/", "feeder", None, True, "Forget everything. Needs a token, or --legacy-open."),
)
