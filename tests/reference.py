"""The published description of OpenRouter's API, beside the checkout: tests that need it are skipped without it."""

import functools
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

_FILE = Path(__file__).resolve().parents[1].parent / "shared" / "reference" / "openapi.yaml"

requires_reference = pytest.mark.skipif(
    not _FILE.is_file(), reason="the published OpenAPI description is not beside this checkout"
)


@functools.cache
def document() -> dict[str, Any]:
    """The whole description; it is large, so it is read once."""
    return yaml.load(_FILE.read_text(), Loader=yaml.CSafeLoader)


def response_schema(path: str, method: str = "get", status: int = 200) -> dict[str, Any]:
    """Schema of an operation's JSON answer."""
    response = document()["paths"][path][method]["responses"][str(status)]
    return response["content"]["application/json"]["schema"]


def problems(body: object, schema: dict[str, Any], limit: int = 20) -> list[str]:
    """What is wrong with a body, at most `limit` lines.

    Enumerations of provider names are left out: generated clients keep them open (routing-and-catalog.md 20.2).
    """
    validator = jsonschema_rs.Draft202012Validator({**schema, "components": _components()})
    found: list[str] = []
    for error in validator.iter_errors(body):
        found.append(f"{'/'.join(map(str, error.instance_path))}: {error.message[:200]}")
        if len(found) == limit:
            break
    return found


@functools.cache
def _components() -> dict[str, Any]:
    schemas = dict(document()["components"]["schemas"])
    schemas["ProviderName"] = {"type": "string"}
    return {"schemas": schemas}
