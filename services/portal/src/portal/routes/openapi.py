"""The OpenAPI description, made from the table of routes."""

import json
import re
from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from ..domain.caller import Access
from ..domain.refusal import ProblemDocument
from ..domain.wire import Document, Picture
from .table import Route

PATH: Final = "/api/openapi.json"

_PLACE = "#/components/schemas/{model}"
_STREAM: Final[dict[str, Any]] = {
    "summary": "Server-sent events: each CloudEvent of the organisation as it happens",
    "description": "After a reconnect fetch what is shown, then follow. Comments are heartbeats.",
    "responses": {"200": {"description": "Events", "content": {"text/event-stream": {}}}},
}


def describe(routes: Iterable[Route], version: str) -> bytes:
    """Return the document as JSON."""
    table = list(routes)
    names, components = models_json_schema(_models(table), ref_template=_PLACE)
    paths: dict[str, dict[str, Any]] = {}
    for route in table:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, names)
    paths["/api/stream"] = {"get": _STREAM | {"x-access": Access.MEMBER}}
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Clearooms Calendar Sync",
            "version": version,
            "license": {"name": "Apache-2.0"},
        },
        "security": [{"bearer": []}, {"session": [], "csrf": []}],
        "paths": paths,
        "components": {
            "schemas": components.get("$defs", {}),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "__Host-session"},
                "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
            },
        },
    }
    return json.dumps(document, ensure_ascii=False).encode()


def _models(table: list[Route]) -> list[tuple[type[BaseModel], JsonSchemaMode]]:
    found: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {
        (ProblemDocument, "serialization"): None
    }
    for route in table:
        if route.body is not None:
            found[route.body, "validation"] = None
        for sent in (route.answer, route.later, route.many):
            if sent is not None and sent not in (Document, Picture):
                found[sent, "serialization"] = None
    return list(found)


def _operation(route: Route, names: Any) -> dict[str, Any]:
    problem = _content("application/problem+json", names[ProblemDocument, "serialization"])
    answer: dict[str, Any] = {"description": "Done"}
    if route.answer is Document:
        answer |= _content(route.media, {"type": "string"})
    elif route.answer is Picture:
        answer |= _content("image/*", {})
    elif route.answer is not None:
        answer |= _content("application/json", names[route.answer, "serialization"])
    operation: dict[str, Any] = {
        "summary": route.summary,
        "x-access": route.access,
        "parameters": [*_in_path(route), *_in_query(route)],
        "responses": {
            str(route.status if route.answer is not None else 204): answer,
            "default": {"description": "A problem"} | problem,
        },
    }
    if route.later is not None:
        operation["responses"]["202"] = {"description": "Not known yet"} | _content(
            "application/json", names[route.later, "serialization"]
        )
    if route.many is not None:
        operation["responses"]["200"] = {"description": "One result for each of a list"} | _content(
            "application/json", names[route.many, "serialization"]
        )
    if route.access is Access.ANYONE:
        operation["security"] = []
    if route.upload is not None:
        files: dict[str, Any] = {media: {} for media in route.upload.media}
        operation["requestBody"] = {"required": True, "content": files}
    if route.body is not None:
        needed = any(each.is_required() for each in route.body.model_fields.values())
        body = names[route.body, "validation"]
        if route.many is not None:
            body = {"anyOf": [body, {"type": "array", "items": body}]}
        operation["requestBody"] = {"required": needed} | _content("application/json", body)
    return operation


def _content(kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {kind: {"schema": schema}}}


def _in_path(route: Route) -> list[dict[str, Any]]:
    uuid = {"type": "string", "format": "uuid"}
    return [
        {"name": name, "in": "path", "required": True, "schema": uuid}
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]


def _in_query(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = route.query.model_json_schema()
    required = schema.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": each}
        for name, each in schema["properties"].items()
    ]
