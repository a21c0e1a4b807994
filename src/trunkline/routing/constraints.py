"""Errors of the limits that a request sets itself: length, price, precision, parameters (routing-and-catalog.md 4)."""

from trunkline.catalog.types import Endpoint
from trunkline.core.errors import Constraint, ContextLengthExceeded, TrunklineError
from trunkline.core.money import format_price
from trunkline.routing.cases import Case, refused
from trunkline.routing.types import MaxPrice, RoutingQuery


def too_long(case: Case) -> TrunklineError:
    """404 when only the asked output is too long everywhere, else the 400 that clients know how to read (4.5)."""
    query, last = case.query, case.sifted.last
    if all(_window_fits(endpoint, query) for endpoint in last):
        longest = max(endpoint.max_output_tokens or 0 for endpoint in last)
        detail = (
            f"the output asked for is {query.max_output_tokens} tokens, the most that any endpoint writes is {longest}"
        )
        return refused(
            case,
            "constraint_filtered",
            f"No endpoints found for {case.slug}: {detail}.",
            constraint=Constraint("context_length", detail),
        )
    window = max(_limit_met(endpoint, query) for endpoint in last)
    output, tools = query.max_output_tokens or 0, query.tool_tokens_estimate
    return ContextLengthExceeded(
        f"This endpoint's maximum context length is {window} tokens. However, about {_tokens_wanted(query)} tokens "
        f"were requested ({query.prompt_tokens_estimate - tools} of text input, {tools} of tool input, {output} in "
        "the output). Reduce the length of either, or enable the context-compression plugin.",
        field=query.prompt_field,
        metadata={"provider_name": None},
    )


def _limit_met(endpoint: Endpoint, query: RoutingQuery) -> int:
    """The limit that the request is over: the prompt's own where it has one, else the window."""
    limit = endpoint.max_prompt_tokens
    if limit is not None and query.prompt_tokens_estimate > limit:
        return limit
    return endpoint.context_length or 0


def constrained(case: Case) -> TrunklineError:
    """A member of `provider` dropped the last endpoint; the constraint names it and what would have passed."""
    preferences, last = case.query.preferences, case.sifted.last
    field = case.sifted.hits[-1].name
    match field:
        case "quantizations":
            offered = sorted({endpoint.quantization or "unknown" for endpoint in last})
            detail = f"asked for {', '.join(preferences.quantizations)}, offered are {', '.join(offered)}"
        case "max_price":
            detail = f"every endpoint costs more than {_limits(preferences.max_price)}"
        case "require_parameters":
            used = sorted(case.query.used_parameters)
            missing = [name for name in used if not any(name in endpoint.supported_parameters for endpoint in last)]
            detail = f"no endpoint supports {', '.join(missing or used)}"
        case _:
            detail = "the model's author has not allowed distillation"
    return refused(
        case,
        "constraint_filtered",
        f"No endpoints found for {case.slug} that meet provider.{field}: {detail}.",
        constraint=Constraint(field, detail),
    )


def _limits(limits: MaxPrice) -> str:
    every = (
        (limits.prompt, 10**6, " per million prompt tokens"),
        (limits.completion, 10**6, " per million completion tokens"),
        (limits.request, 1, " per request"),
        (limits.image, 1, " per image"),
        (limits.audio, 1, " per unit of audio"),
    )
    return " or ".join(f"${format_price(limit * units)}{per}" for limit, units, per in every if limit is not None)


def _tokens_wanted(query: RoutingQuery) -> int:
    """What the context window must hold: the prompt and the output that was asked for."""
    return query.prompt_tokens_estimate + (query.max_output_tokens or 0)


def _window_fits(endpoint: Endpoint, query: RoutingQuery) -> bool:
    """Whether the prompt, and the prompt with the output asked for, fit the endpoint."""
    window, prompt_limit = endpoint.context_length, endpoint.max_prompt_tokens
    if window is not None and _tokens_wanted(query) > window:
        return False
    return prompt_limit is None or query.prompt_tokens_estimate <= prompt_limit
