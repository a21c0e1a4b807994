import json

from trunkline.web.documentation.reference import read_reference

DESCRIPTION = {
    "paths": {
        "/keys/{hash}": {
            "patch": {
                "operationId": "updateKey",
                "summary": "Update a key",
                "tags": ["Keys"],
                "parameters": [{"name": "hash", "in": "path", "required": True, "schema": {"type": "string"}}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Update"}}}},
                "responses": {"200": {"description": "OK"}, "404": {"description": "Not Found"}},
            }
        },
        "/models": {
            "get": {"operationId": "listModels", "summary": "List", "tags": ["Models"], "security": [], "responses": {}}
        },
    },
    "components": {
        "schemas": {
            "Update": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "description": "A name"},
                    "mode": {"enum": ["a", "b"]},
                    "limits": {"anyOf": [{"$ref": "#/components/schemas/Limits"}, {"type": "null"}]},
                },
            },
            "Limits": {"type": "object", "properties": {"daily": {"type": "array", "items": {"type": "integer"}}}},
        }
    },
}


def test_operations_are_read_with_their_parameters_bodies_and_statuses() -> None:
    reference = read_reference(json.dumps(DESCRIPTION).encode(), "http://here/api/v1")
    (keys, (update,)), (_, (models,)) = reference.tags
    assert keys == "Keys"
    assert [(field.name, field.kind, field.is_required, field.level) for field in update.request] == [
        ("name", "string", True, 0),
        ("mode", '"a" | "b"', False, 0),
        ("limits", "object | null", False, 0),
        ("daily", "list of integer", False, 1),
    ]
    assert update.parameters[0][0] == "path"
    assert update.statuses == [("200", "OK"), ("404", "Not Found")]
    assert "-X PATCH http://here/api/v1/keys/{hash}" in update.sample
    assert (update.is_public, models.is_public) == (False, True)
    assert "Authorization" not in models.sample
    assert update.template == '{\n  "name": ""\n}'
    assert models.template == ""


def test_types_that_contain_themselves_end() -> None:
    node = {"type": "object", "properties": {"child": {"$ref": "#/components/schemas/Node"}}}
    description = {
        "paths": {
            "/x": {
                "post": {
                    "operationId": "x",
                    "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}},
                }
            }
        },
        "components": {"schemas": {"Node": node}},
    }
    ((_, (operation,)),) = read_reference(json.dumps(description).encode(), "").tags
    assert [field.level for field in operation.request] == [0, 1, 2]
