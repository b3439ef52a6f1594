"""The OpenAPI 3.1 description of the HTTP side. Pure; served at /api/openapi.json.

Written by hand beside the routes it describes; a test holds it against the routes that the server really has, and
OpenAPI's own validator reads it.
"""

from __future__ import annotations

from typing import Any

from twin import __version__

_ERROR = {"$ref": "#/components/responses/Error"}
_FIELD_REPORT = {"$ref": "#/components/schemas/FieldReport"}
_TOKEN: list[dict[str, list[str]]] = [{"token": []}, {"tokenInUrl": []}, {}]


def openapi() -> dict[str, Any]:
    """The document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Twin of the Pi cluster: HTTP",
            "version": __version__,
            "license": {"name": "UPL-1.0", "identifier": "UPL-1.0"},
            "description": "Reading is open. Writing needs a token, or a server started with --legacy-open. Live data "
            "goes over socket.io: see /api/asyncapi.json.",
        },
        "servers": [{"url": "/"}],
        "paths": {**_operations(), **_broadcaster(), **_database(), **_manager()},
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "tokenInUrl": {"type": "apiKey", "in": "query", "name": "token"},
            },
            "responses": {
                "Error": _json("What was wrong, where, and what to do.", {"$ref": "#/components/schemas/Error"})
            },
            "schemas": _schemas(),
        },
    }


def _json(about: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"description": about, "content": {"application/json": {"schema": schema or {"type": "object"}}}}


def _get(name: str, about: str, answer: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": about,
        "security": [],
        "responses": {"200": answer, "default": _ERROR},
        **more,
    }


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _write(name: str, about: str, schema: dict[str, Any] | None, answer: dict[str, Any], **more: Any) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": about,
        "security": _TOKEN,
        "responses": {"200": answer, "400": _ERROR, "401": _ERROR, "413": _ERROR, "503": _ERROR},
        **more,
    }
    if schema is not None:
        operation["requestBody"] = _body(schema)
    return operation


def _operations() -> dict[str, Any]:
    page = {"description": "HTML", "content": {"text/html": {"schema": {"type": "string"}}}}
    text = {"description": "Prometheus text", "content": {"text/plain": {"schema": {"type": "string"}}}}
    ready = _get("readyz", "Whether state is restored and reports are taken; 503 says why not.", _json("ready"))
    return {
        "/": {"get": _get("page", "The 3D page.", page)},
        "/api/": {"get": _get("reference", "This description as a page.", page)},
        "/api/openapi.json": {"get": _get("openapi", "This document.", _json("OpenAPI"))},
        "/api/asyncapi.json": {"get": _get("asyncapi", "The description of socket.io.", _json("AsyncAPI"))},
        "/model/layout.json": {
            "get": _get("layout", "Slots, racks and switches of the model (docs/layout.md).", _json("layout"))
        },
        "/healthz": {"get": _get("healthz", "Whether the process answers.", _json("alive"))},
        "/readyz": {"get": ready},
        "/metrics": {"get": _get("metrics", "Metrics (docs/operations.md).", text)},
    }


def _broadcaster() -> dict[str, Any]:
    empty = _json("`{}`: it is on the disk.", {"type": "object", "maxProperties": 0})
    return {
        "/api/cluster": {
            "post": _write("postReport", "Take in a report.", _FIELD_REPORT, empty),
            "delete": _write("forget", "Forget every node; a new epoch begins.", None, empty),
        },
        "/api/healthcheck": {"get": _get("healthcheck", "200, as today.", {"description": "OK"})},
    }


def _database() -> dict[str, Any]:
    base = "/ords/picluster/AR"
    module = {"name": "module", "in": "path", "required": True, "schema": {"type": "string"}}
    limit = {"name": "limit", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[0-9]*$"}}
    paint = [
        {"name": "node_name", "in": "query", "required": True, "schema": {"type": "string"}, "example": "Body1.026"},
        {
            "name": "colorindex",
            "in": "query",
            "required": True,
            "schema": {"type": "integer", "minimum": 1, "maximum": 3},
        },
    ]
    empty = _json("`{}`: it is on the disk.")
    items = _json("An ORDS collection of every body of the model.", {"$ref": "#/components/schemas/Collection"})
    nodes = _json("{CLUSTER: [{DATA: report}]}", {"$ref": "#/components/schemas/Cluster"})
    return {
        base: {"post": _write("ordsPost", "Take in a report.", _FIELD_REPORT, empty)},
        base + "/{module}": {"post": _write("ordsPostModule", "The same.", _FIELD_REPORT, empty, parameters=[module])},
        base + "/{module}/": {
            "post": _write("ordsPostModuleSlash", "The same.", _FIELD_REPORT, empty, parameters=[module])
        },
        base + "/v2/{limit}": {"get": _get("ordsCluster", "Every node's last report.", nodes, parameters=[limit])},
        base + "/v2/": {"put": _write("ordsPaint", "Colour one body of the model.", None, empty, parameters=paint)},
        base + "/DigitalTwin": {"get": _get("digitalTwin", "Every body of the model.", items)},
        base + "/DigitalTwin/": {"get": _get("digitalTwinSlash", "The same.", items)},
    }


def _manager() -> dict[str, Any]:
    """Calls of today's manager. Paths are taken in any case of letters."""
    answer = _json("`status` is the text true or false.", {"$ref": "#/components/schemas/ManagerAnswer"})
    texts = {
        "registerpi": (("ip", "mac"), "An agent introduces itself."),
        "remove": (("ip",), "An agent goes."),
        "setport": (("ip", "port"), "Say which port of its switch a Pi is on."),
        "addswitch": (("ip", "switch_ip"), "Say which switch a Pi is on."),
        "setpigroup": (("location", "switch_ip"), "Put a switch into a group."),
        "getpiswitch": (("ip",), "Which switch a Pi is on."),
        "getpigroup": (("location",), "The switches of a group, or of `all`."),
        "getport": (("ip",), "Which port a Pi is on; all ports without `ip`."),
        "getpi": (("ip",), "One registered Pi; all without `ip`."),
    }
    paths: dict[str, Any] = {}
    for name, (keys, about) in texts.items():
        schema = {"type": "object", "properties": {key: {"type": ["string", "integer"]} for key in keys}}
        paths[f"/{name}"] = {"post": _write(name, about, schema, answer)}
    paths["/getpi"]["get"] = _get("getpiAll", "Every registered Pi.", answer)
    paths["/getport"]["get"] = _get("getportAll", "Every known port.", answer)
    paths["/picount"] = {"get": _get("picount", "How many Pis are registered.", answer)}
    paths["/freepi"] = {"get": _get("freepi", "The least loaded Pi below 30 % CPU.", answer)}
    return paths


def _schemas() -> dict[str, Any]:
    number = {"type": ["string", "number", "null"]}
    fields = ("CPU", "MemoryFree", "MemoryTotal", "MemoryPercentage", "DiskFree", "DiskTotal", "DiskPercentage")
    report: dict[str, Any] = dict.fromkeys(fields, number)
    report |= {
        "CPUTemperature": {"type": ["string", "number", "null"], "example": "32.7'C"},
        "ip": {"type": ["string", "null"]},
        "mac": {"type": ["string", "null"], "example": "b8:27:eb:70:e3:c4"},
        "port": {"type": ["string", "integer", "null"]},
        "switch_ip": {"type": ["string", "integer", "null"]},
        "processes": {"type": ["array", "null"]},
        "data": {},
        "status": {"type": ["string", "null"]},
        "sampledAt": {"type": ["integer", "null"], "description": "ms since 1970"},
    }
    about = "A Pi's report in any of today's forms (docs/dialects.md). Needs a mac, or a switch_ip and port."
    error = {
        "code": {"type": "string"},
        "message": {"type": "string"},
        "retry": {"type": "boolean"},
        "field": {"type": "string"},
    }
    return {
        "FieldReport": {"type": "object", "description": about, "properties": report, "additionalProperties": True},
        "Error": {
            "type": "object",
            "required": ["status", "error"],
            "properties": {
                "status": {"const": "false"},
                "error": {"type": "object", "required": ["code", "message", "retry"], "properties": error},
            },
        },
        "Cluster": {
            "type": "object",
            "required": ["CLUSTER"],
            "properties": {
                "CLUSTER": {"type": "array", "items": {"type": "object", "properties": {"DATA": _FIELD_REPORT}}}
            },
        },
        "Collection": {
            "type": "object",
            "required": ["items", "hasMore", "limit", "offset", "count", "links"],
            "properties": {"items": {"type": "array", "items": {"type": "object"}}, "count": {"type": "integer"}},
        },
        "ManagerAnswer": {
            "type": "object",
            "required": ["status"],
            "properties": {"status": {"enum": ["true", "false"]}},
        },
    }
