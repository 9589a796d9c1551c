"""The description of the API, at /api/v1/openapi.json: written by hand, for it has few routes and each is tested."""

from typing import Any

from refurb import __version__

_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def _problems(*statuses: int) -> dict[str, Any]:
    words = {
        400: "Nothing that can be a report",
        401: "No token, or a token that is wrong or revoked",
        404: "No machine of that code in this workshop",
        413: "Larger than a report may be",
    }
    return {str(status): {"description": words[status], "content": _PROBLEM} for status in statuses}


def document(server: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document; `server` is the address that clients reach."""
    report = {"application/json": {"schema": {"$ref": "#/components/schemas/Report"}}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Refurb",
            "version": __version__,
            "description": "Bring the reports of machines. Tokens are per station, and upload-only.",
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "servers": [{"url": server}],
        "security": [{"station": []}],
        "paths": {
            "/api/v1/reports": {
                "post": {
                    "operationId": "postReport",
                    "summary": "Bring one report",
                    "description": "The body is the file itself, or a form with a `file`. The format is known from "
                    "the content. The same bytes twice are one report: a client may send again without harm.",
                    "parameters": [
                        {
                            "name": "code",
                            "in": "query",
                            "required": False,
                            "description": "The code on the label of the machine, when it was scanned.",
                            "schema": {"type": "string", "maxLength": 60},
                        },
                        {
                            "name": "filename",
                            "in": "query",
                            "required": False,
                            "schema": {"type": "string", "maxLength": 200},
                        },
                    ],
                    "requestBody": {
                        "required": True,
                        "content": {
                            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
                            "application/json": {"schema": {}},
                            "text/plain": {"schema": {"type": "string"}},
                            "application/xml": {"schema": {"type": "string"}},
                            "application/x-compress-zlib": {"schema": {"type": "string", "format": "binary"}},
                            "multipart/form-data": {
                                "schema": {
                                    "type": "object",
                                    "required": ["file"],
                                    "properties": {"file": {"type": "string", "format": "binary"}},
                                }
                            },
                        },
                    },
                    "responses": {
                        "201": {"description": "Kept, whatever could be read of it", "content": report},
                        "200": {"description": "These bytes had come before", "content": report},
                        **_problems(400, 401, 404, 413),
                    },
                }
            },
            "/api/v1/openapi.json": {
                "get": {
                    "operationId": "openapi",
                    "summary": "This document",
                    "security": [],
                    "responses": {"200": {"description": "OpenAPI 3.1", "content": {"application/json": {}}}},
                }
            },
        },
        "components": {
            "securitySchemes": {"station": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Report": {
                    "type": "object",
                    "required": ["id", "sha256", "format", "device", "doubt", "warnings"],
                    "properties": {
                        "id": {"type": "integer"},
                        "sha256": {"type": "string", "description": "Of the bytes as they came"},
                        "format": {"type": "string", "description": "unreadable for what no reader understood"},
                        "device": {"type": ["string", "null"], "description": "The code of its machine"},
                        "doubt": {"type": ["string", "null"], "description": "What a person is asked"},
                        "warnings": {"type": "array", "items": {"type": "string"}},
                    },
                },
                "Problem": {
                    "type": "object",
                    "required": ["type", "title", "status"],
                    "properties": {
                        "type": {"type": "string"},
                        "title": {"type": "string"},
                        "status": {"type": "integer"},
                    },
                },
            },
        },
    }
