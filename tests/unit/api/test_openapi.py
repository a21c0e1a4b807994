from typing import Any

import msgspec
import pytest

from trunkline.api import credits, generation_operations, generations, keys, model_operations, openapi, providers
from trunkline.api.operations import Operation

OPERATIONS = [
    value
    for module in (keys, credits, generations, generation_operations, model_operations, providers)
    for value in vars(module).values()
    if isinstance(value, Operation)
]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return msgspec.json.decode(openapi.document(OPERATIONS, server_url="http://127.0.0.1:8080/api/v1"))


def references(node: object) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set[str]()
        return own.union(*(references(child) for child in node.values()))
    return set[str]().union(*(references(child) for child in node)) if isinstance(node, list) else set()


def test_every_operation_is_described_under_its_published_id(document: dict[str, Any]) -> None:
    described = {
        (path, method): op["operationId"] for path, ops in document["paths"].items() for method, op in ops.items()
    }
    assert described == {(op.path, op.method.lower()): op.id for op in OPERATIONS}
    assert len(set(described.values())) == len(OPERATIONS)


def test_every_reference_leads_to_a_schema(document: dict[str, Any]) -> None:
    names = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document) <= names


def test_every_path_parameter_is_declared(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for operation in operations.values():
            declared = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
            assert declared == {part[1:-1].partition(":")[0] for part in path.split("/") if part.startswith("{")}


def test_money_is_a_number_and_errors_have_the_envelope(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["CreditsObject"]["properties"]["total_credits"] == {"type": "number", "format": "double"}
    assert schemas["CreateKeyRequest"]["properties"]["limit"]["anyOf"][0]["type"] == "number"
    assert schemas["ErrorResponse"]["required"] == ["error"]


def test_only_public_operations_go_without_a_key(document: dict[str, Any]) -> None:
    public = {op.path for op in OPERATIONS if op.public}
    assert {
        path for path, ops in document["paths"].items() for op in ops.values() if op.get("security") == []
    } == public
