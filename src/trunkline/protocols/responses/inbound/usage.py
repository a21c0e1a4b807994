"""Token counts and costs as this format tells them (inference.md 17.3): two cost keys have other names than in chat."""

from typing import Final

from trunkline.core.money import Charge, usd_number
from trunkline.protocols.events import Usage

_COST: Final = (
    b'"cost":%b,"is_byok":%b,"cost_details":{"upstream_inference_cost":%b,"upstream_inference_input_cost":%b,'
    b'"upstream_inference_output_cost":%b}%b'
)
_USAGE: Final = (
    b'{"input_tokens":%d,"input_tokens_details":{"cached_tokens":%d,"cache_write_tokens":%d},"output_tokens":%d,'
    b'"output_tokens_details":{"reasoning_tokens":%d},"total_tokens":%d,%b}'
)


def cost_members(usage: Usage, charge: Charge) -> bytes:
    """`cost` and what follows it: what an upstream's own usage object lacks."""
    tools = b""
    if usage.web_searches:
        tools = b',"server_tool_use_details":{"web_search_requests":%d}' % usage.web_searches
    return _COST % (
        usd_number(charge.total_nanousd),
        b"true" if charge.is_byok else b"false",
        usd_number(charge.upstream_nanousd),
        usd_number(charge.upstream_prompt_nanousd),
        usd_number(charge.upstream_completion_nanousd),
        tools,
    )


def usage_json(usage: Usage, charge: Charge) -> bytes:
    """The whole object, in the order of observed-openrouter-responses.md 6."""
    return _USAGE % (
        usage.prompt_tokens,
        usage.cached_tokens,
        usage.cache_write_tokens,
        usage.completion_tokens,
        usage.reasoning_tokens,
        usage.prompt_tokens + usage.completion_tokens,
        cost_members(usage, charge),
    )
