"""`trunkline.toml` as a JSON Schema, so that editors complete it (OP-21).

The descriptions are the docstrings in `settings/`.
"""

import ast
import inspect
from collections.abc import Iterator, Mapping

import msgspec

from trunkline import settings
from trunkline.configuration.shape import CATALOG_LISTS, PROVIDERS, sections
from trunkline.core.json import JsonValue
from trunkline.settings import ProviderSettings, routing

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_LISTS = {
    "models": "Models added to the catalog or laid over it, with the catalog's own field names.",
    "endpoints": "Endpoints added to the catalog: any compatible server by base_url. The model and the provider are"
    " created when the catalog does not know them.",
}


def descriptions() -> Mapping[str, str]:
    """`Server.port` → the sentence that stands under it in `settings/`."""
    return dict(found for module in (settings, routing) for found in _descriptions_in(inspect.getsource(module)))


def _descriptions_in(source: str) -> Iterator[tuple[str, str]]:
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            for field, below in zip(node.body, node.body[1:], strict=False):
                match field, below:
                    case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str() as text)):
                        yield f"{node.name}.{name}", " ".join(text.split())
                    case _:
                        pass


def file_schema() -> dict[str, object]:
    """The schema of the whole file."""
    structs = sections()
    _, components = msgspec.json.schema_components([*structs.values(), ProviderSettings], ref_template="#/$defs/{name}")
    _describe(components)
    properties: dict[str, object] = {name: {"$ref": f"#/$defs/{struct.__name__}"} for name, struct in structs.items()}
    properties[PROVIDERS] = {
        "type": "object",
        "description": "Settings of one provider, by its slug in the catalog or a new one.",
        "additionalProperties": {"$ref": f"#/$defs/{ProviderSettings.__name__}"},
    }
    for name in CATALOG_LISTS:
        properties[name] = {"type": "array", "items": {"type": "object"}, "description": _LISTS[name]}
    return {
        "$schema": _DRAFT,
        "title": "trunkline.toml",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "$defs": components,
    }


def _describe(components: Mapping[str, Mapping[str, JsonValue]]) -> None:
    texts = descriptions()
    for struct, component in components.items():
        fields = component["properties"]
        if isinstance(fields, dict):
            for name, field in fields.items():
                text = texts.get(f"{struct}.{name}")
                if text is not None and isinstance(field, dict):
                    field["description"] = text
