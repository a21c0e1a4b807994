"""Structured output: the model's own, or a tool whose arguments are the answer (inference.md 9.1, 30.4)."""

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.converse.families import family_of
from trunkline.protocols.messages import schema as claude
from trunkline.protocols.requests import FunctionTool, GenerationRequest
from trunkline.protocols.support import supports


def has_native_schema(target: UpstreamTarget) -> bool:
    """Whether the endpoint takes `outputConfig.textFormat`."""
    family = family_of(target.upstream_model)
    if family.is_claude:
        return claude.has_native_schema(target)
    return family.native_schema and supports(target, "structured_outputs")


def answer_tool(request: GenerationRequest, target: UpstreamTarget) -> FunctionTool | None:
    """The tool that stands in for structured output, None where none is needed or the endpoint takes no tools."""
    schema = claude.schema_of(request)
    if schema is None or has_native_schema(target) or not supports(target, "tools"):
        return None
    return claude.stand_in(schema, target)


def answer_tool_name(target: UpstreamTarget) -> str | None:
    """The name under which an answer comes as a call: what the decoder must look for."""
    return None if has_native_schema(target) else target.answer_tool


def output_config(request: GenerationRequest, target: UpstreamTarget) -> dict[str, object] | None:
    """`outputConfig`, None where there is nothing to say. The schema goes as JSON text."""
    schema = claude.schema_of(request)
    if schema is None or not has_native_schema(target):
        return None
    json_schema = {"schema": bytes(schema.schema).decode(), "name": schema.name}
    if schema.description:
        json_schema["description"] = schema.description
    return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": json_schema}}}
