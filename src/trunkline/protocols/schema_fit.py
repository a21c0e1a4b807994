"""Whether a JSON value fits a schema, as far as statistics need it (routing-and-catalog.md 11).

No validator is among the run dependencies, so this is a light check of what models get wrong: `type`, `enum`, `const`,
`required`, `properties`, `items` and `additionalProperties: false`, in the meaning of Draft 7. Every other keyword, and
all beside a `$ref`, counts as met: what is called unfit is unfit under the whole draft, too.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from trunkline.core.json import JsonValue

_Object: TypeAlias = dict[str, JsonValue]

_TYPES: Final[dict[str, Callable[[JsonValue], bool]]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: _is_integer(value),
    "number": lambda value: _is_number(value),
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


def fits(value: JsonValue, schema: JsonValue) -> bool:
    """What is no schema, or makes no sense as one, is met by everything. Both are as deep as JSON decoders let them."""
    if schema is False:
        return False
    if not isinstance(schema, dict) or "$ref" in schema:
        return True
    if not _has_type(value, schema.get("type")):
        return False
    allowed = schema.get("enum")
    if isinstance(allowed, list) and not any(_equal(value, one) for one in allowed):
        return False
    if "const" in schema and not _equal(value, schema["const"]):
        return False
    if isinstance(value, dict):
        return _fits_object(value, schema)
    items = schema.get("items")
    return not isinstance(value, list) or isinstance(items, list) or all(fits(item, items) for item in value)


def _fits_object(value: _Object, schema: _Object) -> bool:
    required = schema.get("required")
    if isinstance(required, list) and any(isinstance(name, str) and name not in value for name in required):
        return False
    properties = schema.get("properties")
    known = properties if isinstance(properties, dict) else {}
    is_closed = schema.get("additionalProperties") is False and "patternProperties" not in schema
    if is_closed and value.keys() - known.keys():
        return False
    return all(fits(member, known[name]) for name, member in value.items() if name in known)


def _has_type(value: JsonValue, wanted: JsonValue) -> bool:
    names = [wanted] if isinstance(wanted, str) else wanted
    if not isinstance(names, list) or not names:
        return True
    checks = [_TYPES.get(name) for name in names if isinstance(name, str)]
    return any(check is None or check(value) for check in checks) or len(checks) < len(names)


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_integer(value: JsonValue) -> bool:
    """1.0 is one, as it is in Draft 7."""
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def _equal(value: JsonValue, other: JsonValue) -> bool:
    """As JSON is: true is not 1, and 1.0 is 1."""
    if isinstance(value, bool) or isinstance(other, bool):
        return value is other
    if isinstance(value, list) and isinstance(other, list):
        return len(value) == len(other) and all(_equal(*pair) for pair in zip(value, other, strict=True))
    if isinstance(value, dict) and isinstance(other, dict):
        return value.keys() == other.keys() and all(_equal(member, other[name]) for name, member in value.items())
    return value == other
