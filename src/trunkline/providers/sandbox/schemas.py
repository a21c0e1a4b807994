"""A value that satisfies a JSON Schema: small, plain and always the same."""

from trunkline.core.json import JsonValue

Schema = dict[str, JsonValue]
DEPTH_MAX = 24
ITEMS_MAX = 64
OPTIONAL_DEPTH_MAX = 6

_FORMATS = {
    "date": "2026-01-15",
    "date-time": "2026-01-15T12:00:00Z",
    "time": "12:00:00Z",
    "email": "sandbox@example.com",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "hostname": "example.com",
    "duration": "PT1H",
}


def example_of(schema: Schema) -> JsonValue:
    """An instance of `schema`. `pattern` is not solved: such a string is only as long as asked."""
    return _example(schema, schema, 0, "value")


def _example(schema: JsonValue, root: Schema, depth: int, name: str) -> JsonValue:
    if not isinstance(schema, dict) or depth > DEPTH_MAX:
        return None
    schema = _merged(schema, root, depth)
    if "const" in schema:
        return schema["const"]
    for key in ("enum", "examples"):
        choices = schema.get(key)
        if isinstance(choices, list) and choices:
            return choices[0]
    if "default" in schema:
        return schema["default"]
    for key in ("anyOf", "oneOf"):
        options = schema.get(key)
        if isinstance(options, list) and options:
            return _example(_simplest(options), root, depth + 1, name)
    return _by_type(schema, root, depth, name)


def _merged(schema: Schema, root: Schema, depth: int) -> Schema:
    """`$ref` followed (inside the document) and `allOf` laid over one another."""
    reference = schema.get("$ref")
    if isinstance(reference, str):
        target = _lookup(reference, root)
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        return _merged({**target, **rest}, root, depth + 1) if depth <= DEPTH_MAX else {}
    parts = schema.get("allOf")
    if isinstance(parts, list):
        merged: Schema = {key: value for key, value in schema.items() if key != "allOf"}
        for part in parts:
            if isinstance(part, dict):
                merged = _joined(merged, _merged(part, root, depth + 1))
        return merged
    return schema


def _joined(left: Schema, right: Schema) -> Schema:
    joined = {**left, **right}
    for key in ("properties", "required"):
        one, other = left.get(key), right.get(key)
        if isinstance(one, dict) and isinstance(other, dict):
            joined[key] = {**one, **other}
        elif isinstance(one, list) and isinstance(other, list):
            joined[key] = [*one, *other]
    return joined


def _lookup(reference: str, root: Schema) -> Schema:
    node: JsonValue = root
    for step in reference.removeprefix("#").split("/"):
        if step and isinstance(node, dict):
            node = node.get(step.replace("~1", "/").replace("~0", "~"))
    return node if isinstance(node, dict) else {}


def _simplest(options: list[JsonValue]) -> JsonValue:
    for option in options:
        if isinstance(option, dict) and option.get("type") not in (None, "null"):
            return option
    return options[0]


def _by_type(schema: Schema, root: Schema, depth: int, name: str) -> JsonValue:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((entry for entry in kind if entry != "null"), "null")
    match kind:
        case "string":
            return _string(schema, name)
        case "integer" | "number":
            return _number(schema, whole=kind == "integer")
        case "boolean":
            return True
        case "array":
            return _array(schema, root, depth, name)
        case "null":
            return None
        case _:
            return _object(schema, root, depth)


def _string(schema: Schema, name: str) -> str:
    form = schema.get("format")
    if isinstance(form, str) and form in _FORMATS:
        return _FORMATS[form]
    least, most = schema.get("minLength"), schema.get("maxLength")
    text = f"sandbox {name.replace('_', ' ')}"
    if isinstance(least, int) and len(text) < least:
        text = text.ljust(min(least, 10_000), ".")
    return text[:most] if isinstance(most, int) else text


def _number(schema: Schema, *, whole: bool) -> int | float:
    step = schema.get("multipleOf")
    unit = step if isinstance(step, (int, float)) and step > 0 else 1
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    value: int | float = unit
    if isinstance(above, (int, float)):
        value = max(value, (above // unit + 1) * unit)
    if isinstance(low, (int, float)):
        value = max(value, -(-low // unit) * unit)
    if isinstance(high, (int, float)) and value > high:
        value = high // unit * unit
    if isinstance(below, (int, float)) and value >= below:
        value = (-(-below // unit) - 1) * unit
        if not whole and isinstance(low, (int, float)) and value < low:
            value = (low + below) / 2
    return int(value) if whole else value


def _array(schema: Schema, root: Schema, depth: int, name: str) -> list[JsonValue]:
    least = schema.get("minItems")
    count = min(least, ITEMS_MAX) if isinstance(least, int) else 1
    most = schema.get("maxItems")
    if isinstance(most, int):
        count = min(max(count, 0), most)
    fixed = schema.get("prefixItems")
    if isinstance(fixed, list):
        return [_example(item, root, depth + 1, name) for item in fixed]
    items = [_example(schema.get("items", {"type": "string"}), root, depth + 1, name) for _ in range(count)]
    if schema.get("uniqueItems") and len(items) > 1:
        items = [f"{item} {number}" if isinstance(item, str) else item for number, item in enumerate(items, 1)]
    return items


def _object(schema: Schema, root: Schema, depth: int) -> dict[str, JsonValue]:
    properties = schema.get("properties")
    required = schema.get("required")
    if not isinstance(properties, dict):
        names = required if isinstance(required, list) else []
        return {str(key): f"sandbox {key}" for key in names}
    # Optional members deep down are left out, so that a recursive schema ends.
    wanted = properties if depth < OPTIONAL_DEPTH_MAX else required if isinstance(required, list) else ()
    return {key: _example(value, root, depth + 1, key) for key, value in properties.items() if key in wanted}
