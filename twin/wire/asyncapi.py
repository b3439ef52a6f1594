"""The AsyncAPI 3 description of socket.io, made from wire/events.py. Pure; served at /api/asyncapi.json.

socket.io is not one of AsyncAPI's protocols; a namespace is a channel, an event a message, and an acknowledgement its
reply. A test gives the document to AsyncAPI's own parser.
"""

from __future__ import annotations

import types
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from twin import __version__
from twin.wire.events import EVENTS, Ack, Event
from twin.wire.typescript import shapes

_PLAIN: dict[Any, dict[str, Any]] = {
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    Any: {},
    object: {},
}


def asyncapi() -> dict[str, Any]:
    """The document."""
    namespaces = {"/": "today", "/twin": "twin", "/agents": "agents"}
    table = EVENTS
    channels = {
        key: {
            "address": namespace,
            "title": f"Namespace {namespace}",
            "messages": {
                _key(each): {"$ref": f"#/components/messages/{_key(each)}"}
                for each in table
                if each.namespace == namespace
            },
        }
        for namespace, key in namespaces.items()
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Twin of the Pi cluster: socket.io",
            "version": __version__,
            "description": "socket.io v4 clients (protocol 5) connect to `/socket.io/`. Viewers use `/twin`, agents "
            "`/agents`, today's viewers the default namespace. A token goes into `auth` of the connection.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": {f"{_key(each)}": _operation(each, namespaces[each.namespace]) for each in table},
        "components": {
            "schemas": {shape.__name__: schema_of(shape) for shape in shapes()},
            "messages": {_key(each): _message(each) for each in table} | {"ack": _ack()},
        },
    }


def schema_of(shape: type) -> dict[str, Any]:
    """The JSON schema of a TypedDict."""
    hints = get_type_hints(shape, include_extras=True)
    optional: frozenset[str] = getattr(shape, "__optional_keys__", frozenset())
    needed = [name for name, hint in hints.items() if name not in optional and get_origin(hint) is not NotRequired]
    return {
        "type": "object",
        "description": (shape.__doc__ or "").strip(),
        "properties": {name: _schema(hint) for name, hint in hints.items()},
        "required": needed,
    }


def _schema(hint: Any) -> dict[str, Any]:
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    origin, args = get_origin(hint), get_args(hint)
    if origin is NotRequired:
        return _schema(args[0])
    if origin is Literal:
        return {"type": "string", "enum": list(args)}
    if origin is list:
        return {"type": "array", "items": _schema(args[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": True}
    if origin in (Union, types.UnionType):
        return {"oneOf": [_schema(each) for each in args]}
    if is_typeddict(hint):
        return {"$ref": f"#/components/schemas/{hint.__name__}"}
    raise TypeError(f"no schema for {hint!r}")


def _key(event: Event) -> str:
    place = {"/": "today", "/twin": "twin", "/agents": "agents"}[event.namespace]
    return f"{place}.{event.sender}.{event.name}"


def _message(event: Event) -> dict[str, Any]:
    message: dict[str, Any] = {"name": event.name, "title": event.name, "summary": event.about}
    if event.payload is not None:
        message["payload"] = {"$ref": f"#/components/schemas/{event.payload.__name__}"}
    elif event.name in ("frame", "poses"):
        message["contentType"] = "application/octet-stream"
        message["payload"] = {"type": "string", "format": "binary"}
    else:
        message["payload"] = {"type": "object", "additionalProperties": True}
    return message


def _ack() -> dict[str, Any]:
    return {"name": "ack", "title": "acknowledgement", "payload": {"$ref": f"#/components/schemas/{Ack.__name__}"}}


def _operation(event: Event, channel: str) -> dict[str, Any]:
    # AsyncAPI describes the application, which is the server: what it sends, and what it receives.
    operation: dict[str, Any] = {
        "action": "send" if event.sender == "server" else "receive",
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": event.about,
        "messages": [{"$ref": f"#/channels/{channel}/messages/{_key(event)}"}],
    }
    return operation
