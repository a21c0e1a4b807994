"""Structured output: the model's own, or a tool whose arguments are the answer (inference.md 9.1)."""

from trunkline.core.json import JsonValue
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.messages.families import family_of
from trunkline.protocols.requests import FunctionTool, GenerationRequest, JsonSchema
from trunkline.protocols.support import supports

_PURPOSE = "Give the answer by calling this tool. Its arguments are the whole answer."


def has_native_schema(target: UpstreamTarget) -> bool:
    """Whether the endpoint takes `output_config.format`."""
    return family_of(target.upstream_model).native_schema and supports(target, "structured_outputs")


def schema_of(request: GenerationRequest) -> JsonSchema | None:
    """The schema that the answer must follow; JSON mode and a format without schema ask nothing of this upstream."""
    output = request.output
    return output if isinstance(output, JsonSchema) and len(output.schema) > 0 else None


def is_native_schema(request: GenerationRequest, target: UpstreamTarget) -> bool:
    """Whether the schema goes out as `output_config.format`."""
    return schema_of(request) is not None and has_native_schema(target)


def answer_tool(request: GenerationRequest, target: UpstreamTarget) -> FunctionTool | None:
    """The tool that stands in for structured output, None where none is needed or the endpoint takes no tools."""
    schema = schema_of(request)
    if schema is None or has_native_schema(target) or not supports(target, "tools"):
        return None
    return stand_in(schema, target)


def stand_in(schema: JsonSchema, target: UpstreamTarget) -> FunctionTool:
    """The tool whose arguments are an answer that follows `schema`."""
    return FunctionTool(
        name=target.answer_tool or schema.name,
        description=schema.description or _PURPOSE,
        parameters=schema.schema,
    )


def answer_tool_name(target: UpstreamTarget) -> str | None:
    """The name under which an answer comes as a call: what the decoder must look for."""
    return None if has_native_schema(target) else target.answer_tool


def output_config(request: GenerationRequest, target: UpstreamTarget, effort: str | None) -> dict[str, object]:
    """`output_config`, empty where there is nothing to say."""
    members: dict[str, object] = {}
    if effort is not None:
        members["effort"] = effort
    schema = schema_of(request)
    if schema is not None and has_native_schema(target):
        kind: JsonValue = "json_schema"
        members["format"] = {"type": kind, "schema": schema.schema}
    return members
