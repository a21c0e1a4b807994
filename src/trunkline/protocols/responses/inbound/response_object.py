"""The `response` object around an answer's items (inference.md 17.3; order: observed-openrouter-responses.md 6).

What the caller asked for is echoed as it was sent, null where it said nothing: no default is invented that perhaps
nobody applied.
"""

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Raw

from trunkline.core import json
from trunkline.core.errors import TrunklineError
from trunkline.protocols.answers import AnswerIdentity, UsageReport
from trunkline.protocols.lenient_json import object_of, objects_of, quoted, text_of
from trunkline.protocols.responses.inbound.errors import error_member
from trunkline.protocols.responses.inbound.usage import usage_json
from trunkline.protocols.service_tier import tier_json

ResponseStatus = Literal["completed", "incomplete", "failed"]
IncompleteReason = Literal["max_output_tokens", "content_filter"]

_BEFORE_TIER: Final[tuple[tuple[str, bytes], ...]] = (
    ("tool_choice", b'"auto"'),
    ("parallel_tool_calls", b"true"),
    ("max_output_tokens", b"null"),
    ("temperature", b"null"),
    ("top_p", b"null"),
    ("presence_penalty", b"null"),
    ("frequency_penalty", b"null"),
    ("top_logprobs", b"0"),
    ("max_tool_calls", b"null"),
    ("metadata", b"{}"),
    ("background", b"false"),
    ("previous_response_id", b"null"),
)
_AFTER_TIER: Final[tuple[tuple[str, bytes], ...]] = (
    ("truncation", b'"disabled"'),
    ("store", b"false"),
    ("instructions", b"null"),
    ("text", b'{"format":{"type":"text"}}'),
    ("reasoning", b"null"),
    ("safety_identifier", b"null"),
    ("prompt_cache_key", b"null"),
    ("prompt_cache_options", b"null"),
)
_NO_PARAMETERS: Final = Raw(b'{"type":"object","properties":{}}')
_NULL: Final = Raw(b"null")


class ResponseObject:
    """The response of one answer, at its beginning and at its end."""

    __slots__ = ("_after_tier", "_asked_tier", "_before_tier", "_head")

    def __init__(self, identity: AnswerIdentity, asked: Mapping[str, Raw]) -> None:
        """`asked`: the members of the request, as sent."""
        self._head = b'{"id":%b,"object":"response","created_at":%d,"model":%b,"status":"' % (
            quoted(identity.generation_id),
            identity.created_s,
            quoted(identity.model),
        )
        self._asked_tier = bytes(asked.get("service_tier", _NULL))
        self._before_tier = b'"tools":' + _told_tools(asked.get("tools")) + _told(asked, _BEFORE_TIER)
        self._after_tier = _told(asked, _AFTER_TIER)

    def begun(self) -> bytes:
        """Nothing is said yet."""
        return self._written(
            b'in_progress","completed_at":null,"output":[],"error":null,"incomplete_details":null,',
            self._asked_tier,
            b',"usage":null}',
        )

    def ended(
        self,
        status: ResponseStatus,
        output: list[bytes],
        report: UsageReport | None,
        *,
        incomplete: IncompleteReason | None = None,
        error: TrunklineError | None = None,
    ) -> bytes:
        """The whole response. Without a report (nothing was attempted) usage is null."""
        details = b"null" if incomplete is None else b'{"reason":"%b"}' % incomplete.encode("ascii")
        end = b'%b","completed_at":%b,"output":[%b],"error":%b,"incomplete_details":%b,' % (
            status.encode("ascii"),
            b"%d" % report.completed_s if report is not None and status == "completed" else b"null",
            b",".join(output),
            b"null" if error is None else error_member(error),
            details,
        )
        return self._written(end, tier_json(report.service_tier if report is not None else None), tail(report, error))

    def _written(self, status: bytes, tier: bytes, tail: bytes) -> bytes:
        return b"".join(
            (self._head, status, self._before_tier, b',"service_tier":', tier, self._after_tier, tail),
        )


def tail(report: UsageReport | None, error: TrunklineError | None) -> bytes:
    """The members from `usage` on, and the closing brace."""
    pieces: list[bytes | Raw] = [b',"usage":', b"null" if report is None else usage_json(report.usage, report.charge)]
    if error is not None:
        pieces.append(b',"error_type":' + quoted(error.kind))
    if report is not None and report.metadata and (error is None or error.http_status != 500):
        pieces += (b',"openrouter_metadata":', report.metadata)
    pieces.append(b"}")
    return b"".join(pieces)


def _told(asked: Mapping[str, Raw], names: tuple[tuple[str, bytes], ...]) -> bytes:
    return b"".join(b',"%b":%b' % (name.encode("ascii"), asked.get(name, absent)) for name, absent in names)


def _told_tools(tools: Raw | None) -> bytes:
    """Functions with `strict` and `parameters`, which strict clients miss otherwise; all others as sent."""
    return json.encode([_told_tool(tool) for tool in objects_of(tools)])


def _told_tool(tool: Raw) -> object:
    members = object_of(tool)
    if text_of(members.get("type")) != "function" or {"strict", "parameters"} <= members.keys():
        return tool
    return members | {
        "parameters": members.get("parameters", _NO_PARAMETERS),
        "strict": members.get("strict", _NULL),
    }
