"""Token counts and costs as clients of this format read them (inference.md 18.4)."""

from typing import Final

from msgspec import Raw

from trunkline.core.money import Charge, usd_number
from trunkline.protocols.answers import UsageReport
from trunkline.protocols.events import Usage
from trunkline.protocols.lenient_json import quoted

UNKNOWN: Final = (
    b'{"input_tokens":0,"output_tokens":0,"cache_creation":null,"cache_creation_input_tokens":null,'
    b'"cache_read_input_tokens":null,"inference_geo":null,"output_tokens_details":null,"server_tool_use":null,'
    b'"service_tier":null}'
)
"""At the start of a stream nothing has been counted (observed-openrouter-responses.md 6b)."""


def render_usage(report: UsageReport) -> bytes:
    """The whole object, of an upstream of another format."""
    counts = b",".join(b'"%s":%s' % (name.encode(), value) for name, value in _counts(report).items())
    return b"{" + counts + b"," + cost_members(report.charge) + b"}"


def amend_usage(told: dict[str, Raw], report: UsageReport) -> dict[str, Raw]:
    """An upstream's own object with the members that it left out, and what it cost."""
    amended = dict(told)
    for name, value in _counts(report).items():
        amended.setdefault(name, Raw(value))
    charge = report.charge
    amended["cost"] = Raw(usd_number(charge.total_nanousd))
    amended["is_byok"] = Raw(b"true" if charge.is_byok else b"false")
    amended["cost_details"] = Raw(_cost_details(charge))
    return amended


def cost_members(charge: Charge) -> bytes:
    """`cost`, `is_byok` and `cost_details`, without braces."""
    return b'"cost":%b,"is_byok":%b,"cost_details":%b' % (
        usd_number(charge.total_nanousd),
        b"true" if charge.is_byok else b"false",
        _cost_details(charge),
    )


def _cost_details(charge: Charge) -> bytes:
    return (
        b'{"upstream_inference_cost":%b,"upstream_inference_prompt_cost":%b,"upstream_inference_completions_cost":%b}'
        % (
            usd_number(charge.upstream_nanousd),
            usd_number(charge.upstream_prompt_nanousd),
            usd_number(charge.upstream_completion_nanousd),
        )
    )


def _counts(report: UsageReport) -> dict[str, bytes]:
    """`input_tokens` is what was neither read from the cache nor written to it."""
    usage = report.usage
    return {
        "input_tokens": b"%d" % (usage.prompt_tokens - usage.cached_tokens - usage.cache_write_tokens),
        "output_tokens": b"%d" % usage.completion_tokens,
        "cache_creation": _cache_creation(usage),
        "cache_creation_input_tokens": b"%d" % usage.cache_write_tokens,
        "cache_read_input_tokens": b"%d" % usage.cached_tokens,
        "inference_geo": b"null",
        "output_tokens_details": b'{"thinking_tokens":%d}' % usage.reasoning_tokens
        if usage.reasoning_tokens
        else b"null",
        "server_tool_use": b'{"web_search_requests":%d,"web_fetch_requests":0}' % usage.web_searches
        if usage.web_searches
        else b"null",
        "service_tier": _tier(report.service_tier),
    }


def _cache_creation(usage: Usage) -> bytes:
    written, long_lived = usage.cache_write_tokens, usage.cache_write_1h_tokens
    if not written:
        return b"null"
    return b'{"ephemeral_5m_input_tokens":%d,"ephemeral_1h_input_tokens":%d}' % (written - long_lived, long_lived)


def _tier(served: str | None) -> bytes:
    """What is `default` elsewhere is `standard` here (inference.md 14)."""
    return quoted("standard" if served == "default" else served) if served else b"null"
