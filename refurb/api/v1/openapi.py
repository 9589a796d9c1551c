"""The description of the API, at /api/v1/openapi.json: written by hand, for it has few routes and each is tested."""

from typing import Any

from refurb import __version__

_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def _problems(*statuses: int) -> dict[str, Any]:
    words = {
        400: "Nothing that can be a report",
        401: "No token, or a token that is wrong, ended or revoked",
        403: "A token without the scope that this asks",
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
            "description": "Bring the reports of machines, ask where one stands. A token opens its scopes alone.",
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
                        **_problems(400, 401, 403, 404, 413),
                    },
                }
            },
            "/api/v1/devices/{code}": {
                "get": {
                    "operationId": "getDevice",
                    "summary": "Where a machine of the token's organisation stands",
                    "description": "Asks a token with the scope `devices:read`.",
                    "parameters": [
                        {
                            "name": "code",
                            "in": "path",
                            "required": True,
                            "description": "The code on the label, with or without its spaces.",
                            "schema": {"type": "string", "maxLength": 60},
                        }
                    ],
                    "responses": {
                        "200": {
                            "description": "The machine",
                            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Device"}}},
                        },
                        **_problems(401, 403, 404),
                    },
                }
            },
            "/api/v1/bench": {
                "post": {
                    "operationId": "postBench",
                    "summary": "Say which question an agent stands at, and learn what the bench page answered",
                    "requestBody": {
                        "required": True,
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "required": ["report", "code"],
                                    "properties": {
                                        "report": {"type": "string", "description": "The report's own number"},
                                        "code": {"type": "string", "description": "The code on the machine's label"},
                                        "question": {
                                            "type": ["string", "null"],
                                            "enum": ["screen", "keyboard", "touchpad", "camera", "sound", "wifi", None],
                                        },
                                    },
                                }
                            }
                        },
                    },
                    "responses": {
                        "200": {
                            "description": "`answer`: ok, failed, not_tested, or null while nobody has answered",
                            "content": {
                                "application/json": {
                                    "schema": {
                                        "type": "object",
                                        "required": ["device", "answer", "url"],
                                        "properties": {
                                            "device": {"type": "string"},
                                            "answer": {"type": ["string", "null"]},
                                            "url": {"type": "string", "description": "The bench page, for a phone"},
                                        },
                                    }
                                }
                            },
                        },
                        **_problems(400, 401, 403, 404, 413),
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
                "Device": {
                    "type": "object",
                    "required": [
                        "code",
                        "form",
                        "maker",
                        "model",
                        "serial",
                        "status",
                        "status_since",
                        "place",
                        "profiles",
                    ],
                    "properties": {
                        "code": {"type": "string"},
                        "form": {"type": "string"},
                        "maker": {"type": ["string", "null"]},
                        "model": {"type": ["string", "null"]},
                        "serial": {"type": ["string", "null"]},
                        "status": {"type": "string"},
                        "status_since": {"type": "string", "format": "date-time"},
                        "place": {"type": ["string", "null"], "description": "The code of its shelf"},
                        "profiles": {"type": ["array", "null"], "items": {"type": "string"}},
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
