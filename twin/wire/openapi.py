"""The OpenAPI 3.1 description of the HTTP side. Pure; served at /api/openapi.json.

Written by hand beside the routes it describes; a test holds it against the routes that the server really has, and
OpenAPI's own validator reads it.
"""

from __future__ import annotations

from typing import Any

from twin import __version__
from twin.wire.asyncapi import schema_of
from twin.wire.events import ModelFile
from twin.wire.openapi_survey import survey_schemas

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
        "paths": {**_operations(), **_models(), **_history(), **_broadcaster(), **_database(), **_manager()},
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
    marker = {"name": "marker", "in": "path", "required": True, "schema": {"type": "string"}, "example": "3A"}
    ready = _get("readyz", "Whether state is restored and reports are taken; 503 says why not.", _json("ready"))
    return {
        "/": {"get": _get("page", "The 3D page.", page)},
        "/ar": {"get": _get("ar", "The AR page: a camera's picture with every Pi's state over it.", page)},
        "/api/": {"get": _get("reference", "This description as a page.", page)},
        "/api/openapi.json": {"get": _get("openapi", "This document.", _json("OpenAPI"))},
        "/api/asyncapi.json": {"get": _get("asyncapi", "The description of socket.io.", _json("AsyncAPI"))},
        "/model/layout.json": {
            "get": _get("layout", "Slots, racks and switches of the model (docs/layout.md).", _json("layout"))
        },
        "/model/markers.json": {
            "get": _get("markers", "The printed markers: symbols and poses (docs/markers.md).", _json("markers"))
        },
        "/model/markers/survey": _survey(),
        "/model/rows.json": {
            "get": _get("rows", "Each switch's Pis in rows of 22, holes as null (docs/dialects.md).", _json("rows"))
        },
        "/m/{marker}": {"get": _get("marker", "Where a scanned marker leads: the page.", page, parameters=[marker])},
        "/M/{marker}": {"get": _get("markerInCapitals", "The same, as QR codes have it.", page, parameters=[marker])},
        "/healthz": {"get": _get("healthz", "Whether the process answers.", _json("alive"))},
        "/readyz": {"get": ready},
        "/metrics": {"get": _get("metrics", "Metrics (docs/operations.md).", text)},
    }


def _survey() -> dict[str, Any]:
    """Where the markers truly hang (docs/survey.md)."""
    etag = {"ETag": {"description": "The revision.", "schema": {"type": "string", "examples": ['"3"']}}}
    answer = _json("The survey.", {"$ref": "#/components/schemas/KeptSurvey"}) | {"headers": etag}
    read = _get("survey", "Where the printed markers truly hang, with who changed it.", answer)
    read["responses"] |= {"304": {"description": "The caller has it (If-None-Match)."}}
    known = {"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"}, "example": '"3"'}
    known["description"] = "The revision that the caller has read."
    told = "Takes the survey away: the design holds again. The revision rises."
    found = {"$ref": "#/components/schemas/FoundSurvey"}
    put = _write("putSurvey", "Store what a walk found. A refused one changes nothing.", found, answer)
    delete = _write("deleteSurvey", told, None, answer)
    for operation in (put, delete):
        operation["parameters"] = [known]
        operation["responses"] |= {"403": _ERROR, "412": _ERROR, "428": _ERROR}
    return {"get": read, "put": put, "delete": delete}


def _models() -> dict[str, Any]:
    """The model's files. Until they are made, 503 with Retry-After."""
    unchanged = {"description": "The caller has it (If-None-Match)."}
    data = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}
    types = {"model/gltf-binary": data, "model/vnd.usdz+zip": data, "application/json": {"schema": {"type": "object"}}}
    file = {"description": "The file, in brotli or gzip when that is taken.", "content": types}
    named = {"name": "file", "in": "path", "required": True, "schema": {"type": "string"}}
    named["description"] = "`<name>.<hash>.<ext>`, as the manifest has it."
    entry = {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/ModelFile"}}
    said = "The model's files by name. With ?wait the answer waits until they are made, at most 10 s."
    manifest = _get("models", said, _json("By name.", entry))
    manifest["responses"] |= {"304": unchanged, "503": _ERROR}
    one = _get("modelFile", "A file of the model; what is under its name never changes.", file, parameters=[named])
    part = {"description": "The part that was asked for (Range).", "content": types}
    one["responses"] |= {"206": part, "304": unchanged, "416": {"description": "No such part."}, "503": _ERROR}
    return {"/models/manifest.json": {"get": manifest}, "/models/{file}": {"get": one}}


def _query(name: str, about: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": about, "schema": schema}


def _whole(least: int, most: int, default: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most, "default": default}


def _history() -> dict[str, Any]:
    """The past (docs/history.md). Answers that will not change any more may be cached; all have an ETag."""
    time = {"type": "string", "examples": ["1795391229604", "2026-11-22T23:00:00Z"]}
    at = _query("at", "When, ms since 1970 or ISO 8601; now.", time)
    span = [_query("from", "The first moment.", time), _query("to", "The moment after the last; now.", time)]
    lines = [_query("before", "Older than this only: `next_ms` of the page before.", time)]
    lines.append(_query("limit", "Lines.", _whole(1, 1000, 100)))
    public_id = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    public_id["description"] = "`<switch_ip>-<port>`, mac, or the history's key."
    by = _query("by", "What to add up.", {"enum": ["all", "rack", "bank", "shelf"], "default": "all"})
    step = _query("step", "ms, whole minutes; a 500th of the time.", {"type": "integer", "minimum": 60_000})
    metric = _query("metric", "Some of cpu, memory, disk, temperature, with commas.", {"type": "string"})
    points = _query("points", "Buckets at most.", _whole(1, 2000, 500))
    rows = _query("limit", "Reports, about.", _whole(1, 50_000, 10_000))
    table: tuple[tuple[str, str, str, list[dict[str, Any]]], ...] = (
        ("extent", "historyExtent", "What is kept: first and last time, how much, for how long.", []),
        ("fleet", "historyFleet", "Every node as viewers had it then, as columns.", [at]),
        (
            "node/{id}",
            "historyNode",
            "A node over time: least, mean and most of each bucket.",
            [public_id, *span, points],
        ),
        ("node/{id}/report", "historyReport", "What else a node said in its last report then.", [public_id, at]),
        ("aggregate", "historyAggregate", "Groups over time, by the minute or longer.", [by, *span, step, metric]),
        (
            "replay",
            "historyReplay",
            "Reports and events in the order of the screen; go on at `until_ms`.",
            [*span, rows],
        ),
        ("commands", "historyCommands", "Who did what, newest first.", lines),
        ("warbles", "historyWarbles", "Programs that were run, newest first.", lines),
    )
    answer = _json("Columns (docs/history.md).")
    unchanged = {"description": "The caller has it (If-None-Match)."}
    paths: dict[str, Any] = {}
    for path, name, about, parameters in table:
        operation = _get(name, about, answer, parameters=parameters)
        operation["responses"] |= {"304": unchanged, "400": _ERROR, "503": _ERROR}
        paths[f"/api/history/{path}"] = {"get": operation}
    return paths


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
        base + "/rows/{limit}": {
            "get": _get(
                "ordsRows", "The same in the rows that today's app draws, with holes.", nodes, parameters=[limit]
            )
        },
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
        "revision": {"type": "integer", "description": "With 412: the current one."},
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
        "ModelFile": schema_of(ModelFile),
        "ManagerAnswer": {
            "type": "object",
            "required": ["status"],
            "properties": {"status": {"enum": ["true", "false"]}},
        },
        **survey_schemas(),
    }
