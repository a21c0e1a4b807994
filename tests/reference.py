"""The published description of OpenRouter's API, beside the checkout: tests that need it are skipped without it."""

import functools
import json
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
    found: list[str] = []
    for error in _validator(json.dumps(schema)).iter_errors(body):
        found.append(f"{'/'.join(map(str, error.instance_path))}: {error.message[:200]}")
        if len(found) == limit:
            break
    return found


@functools.lru_cache(256)
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({**json.loads(schema), "components": _components()})


@functools.cache
def _components() -> dict[str, Any]:
    return {"schemas": _without_provider_names(document()["components"]["schemas"])}


def _without_provider_names(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_provider_names(member) for member in node]
    if not isinstance(node, dict):
        return node
    open_ended = "Together" in node.get("enum", ())
    return {name: _without_provider_names(member) for name, member in node.items() if name != "enum" or not open_ended}
