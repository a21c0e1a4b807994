"""The API reference: the served OpenAPI description, read into what the page shows (site.md DOC-02)."""

import re
from collections.abc import Iterator, Mapping

import msgspec
from msgspec import Raw, Struct

from trunkline.core import json
from trunkline.core.json import JsonValue

DEPTH_MAX = 3
"""Levels of an object that are unfolded."""
_METHODS = ("get", "post", "put", "patch", "delete")
_NOT_IN_ANCHORS = re.compile(r"[^a-z0-9]+")

_EMPTY = Raw(b"{}")

Schema = Mapping[str, JsonValue]


class Field(Struct, frozen=True):
    """A member of a body, or a parameter. `level` is how deep it lies."""

    name: str
    kind: str
    is_required: bool
    description: str
    level: int = 0


class Operation(Struct, frozen=True, kw_only=True):
    """One operation, as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    is_public: bool
    parameters: list[tuple[str, Field]]
    """(where: path, query or header; what)."""
    request: list[Field]
    response: list[Field]
    statuses: list[tuple[str, str]]
    sample: str
    template: str
    """A body to begin with: the required members. Empty without a body."""

    @property
    def anchor(self) -> str:
        return _NOT_IN_ANCHORS.sub("-", f"{self.method}{self.path}".lower()).strip("-")


class Reference(Struct, frozen=True):
    """Operations by tag, in the order of the description."""

    tags: list[tuple[str, list[Operation]]]


class _Parameter(Struct, rename={"where": "in"}):
    name: str
    where: str
    schema: Raw = _EMPTY
    required: bool = False
    description: str = ""


class _Content(Struct):
    schema: Raw = _EMPTY


class _Body(Struct):
    description: str = ""
    content: dict[str, _Content] = {}


class _Operation(Struct, rename={"id": "operationId"}):
    id: str
    summary: str = ""
    tags: list[str] = []
    parameters: list[_Parameter] = []
    request_body: _Body | None = msgspec.field(default=None, name="requestBody")
    responses: dict[str, _Body] = {}
    security: list[Raw] | None = None


class _Components(Struct):
    schemas: dict[str, Raw] = {}


class _Description(Struct):
    paths: dict[str, dict[str, _Operation]]
    components: _Components


def read_reference(openapi: bytes, base_url: str) -> Reference:
    """All operations. `base_url` is the API root, for samples. Raises msgspec.ValidationError."""
    description = msgspec.json.decode(openapi, type=_Description)
    schemas = {name: _schema(raw) for name, raw in description.components.schemas.items()}
    tags: dict[str, list[Operation]] = {}
    for path, methods in description.paths.items():
        for method in _METHODS:
            if (found := methods.get(method)) is not None:
                tag = found.tags[0] if found.tags else "Other"
                operation = _operation(schemas, method.upper(), path, found, base_url)
                tags.setdefault(tag, []).append(operation)
    return Reference(list(tags.items()))


def _operation(schemas: Mapping[str, Schema], method: str, path: str, given: _Operation, base_url: str) -> Operation:
    request = _json_schema(given.request_body)
    success = next((body for status, body in given.responses.items() if status.startswith("2")), None)
    fields = list(_fields(request, schemas)) if request is not None else []
    is_public = given.security == []
    return Operation(
        id=given.id,
        method=method,
        path=path,
        summary=given.summary,
        is_public=is_public,
        parameters=[
            (each.where, Field(each.name, _kind(_schema(each.schema), schemas), each.required, each.description))
            for each in given.parameters
        ],
        request=fields,
        response=list(_fields(response, schemas)) if (response := _json_schema(success)) is not None else [],
        statuses=[(status, body.description) for status, body in given.responses.items()],
        sample=_sample(method, base_url + path, fields, is_public),
        template=_template(fields) if fields else "",
    )


def _sample(method: str, url: str, fields: list[Field], is_public: bool) -> str:
    lines = [f"curl {url}" if method == "GET" else f"curl -X {method} {url}"]
    if not is_public:
        lines.append('-H "Authorization: Bearer $TRUNKLINE_API_KEY"')
    if fields:
        required = ", ".join(f'"{each.name}": …' for each in fields if each.is_required and each.level == 0)
        lines += ['-H "Content-Type: application/json"', f"-d '{{{required}}}'"]
    return " \\\n  ".join(lines)


_BLANKS = {"string": '""', "integer": "0", "number": "0", "boolean": "false", "null": "null"}


def _template(fields: list[Field]) -> str:
    """JSON with the required members, each with a blank of its type."""
    required = [each for each in fields if each.is_required and each.level == 0]
    lines = [f'  "{each.name}": {_blank(each.kind)}' for each in required]
    return "{\n" + ",\n".join(lines) + "\n}" if lines else "{}"


def _blank(kind: str) -> str:
    first = kind.split(" | ")[0]
    if first.startswith('"'):
        return first
    return "[]" if first.startswith("list of") else _BLANKS.get(first, "{}")


def _json_schema(body: _Body | None) -> Schema | None:
    if body is None or (content := body.content.get("application/json")) is None:
        return None
    return _schema(content.schema)


def _schema(raw: Raw) -> Schema:
    value = json.value(raw)
    return value if isinstance(value, dict) else {}


def _fields(schema: Schema, schemas: Mapping[str, Schema], level: int = 0) -> Iterator[Field]:
    """The members of an object, and of the objects in it, down to DEPTH_MAX."""
    target = _resolved(schema, schemas)
    properties, required = target.get("properties"), target.get("required")
    if not isinstance(properties, dict):
        return
    names = required if isinstance(required, list) else []
    for name, member in properties.items():
        if not isinstance(member, dict):
            continue
        described = member.get("description")
        text = described if isinstance(described, str) else ""
        yield Field(name, _kind(member, schemas), name in names, text, level)
        if level + 1 < DEPTH_MAX:
            yield from _fields(_inner(member, schemas), schemas, level + 1)


def _inner(schema: Schema, schemas: Mapping[str, Schema]) -> Schema:
    """The object in a list, or among alternatives; the schema itself otherwise."""
    target = _resolved(schema, schemas)
    if isinstance(items := target.get("items"), dict):
        return _resolved(items, schemas)
    for choice in _choices(target):
        resolved = _resolved(choice, schemas)
        if "properties" in resolved:
            return resolved
    return target


def _resolved(schema: Schema, schemas: Mapping[str, Schema]) -> Schema:
    reference = schema.get("$ref")
    return schemas.get(reference.rpartition("/")[2], {}) if isinstance(reference, str) else schema


def _choices(schema: Schema) -> list[Schema]:
    found = schema.get("anyOf")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _kind(schema: Schema, schemas: Mapping[str, Schema]) -> str:
    """A type in words: `string | null`, `list of object`, `"a" | "b"`."""
    target = _resolved(schema, schemas)
    if choices := _choices(target):
        return " | ".join(dict.fromkeys(_kind(each, schemas) for each in choices))
    if isinstance(values := target.get("enum"), list):
        return " | ".join(f'"{value}"' if isinstance(value, str) else str(value) for value in values)
    if isinstance(items := target.get("items"), dict):
        return f"list of {_kind(items, schemas)}"
    kind = target.get("type")
    return kind if isinstance(kind, str) else "any"
