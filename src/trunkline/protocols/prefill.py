"""A request whose answer has begun elsewhere: what was said becomes the beginning of the next upstream's answer.

Which upstreams go on from a last message of the assistant, and how they want to be told so, is data: for chat the
quirks `prefill…` (`quirks.py`), for Anthropic's and Google's formats the table of model families.
"""

from msgspec.structs import replace

from trunkline.protocols.estimates import estimated_tokens
from trunkline.protocols.requests import GenerationRequest, Message, Reasoning, Text

NO_REASONING = Reasoning(enabled=False)


def going_on(request: GenerationRequest, said: str, *, reasons: bool) -> GenerationRequest:
    """The same request with `said` as the beginning of its answer.

    A beginning that the caller gave stays in front of it. White space at its end is left out, since some upstreams
    refuse it. The cap on output is lowered by what was said, and a model that `reasons` is told not to: the
    thinking is done.
    """
    *before, last = request.messages
    begun = said
    if last.role == "assistant" and not last.tool_calls:
        begun = "".join(part.text for part in last.parts if isinstance(part, Text)) + said
    else:
        before.append(last)
    sampling = request.sampling
    if sampling.max_tokens is not None:
        sampling = replace(sampling, max_tokens=max(1, sampling.max_tokens - estimated_tokens(len(said))))
    return replace(
        request,
        messages=(*before, Message(role="assistant", parts=(Text(begun.rstrip()),), plain=True)),
        sampling=sampling,
        reasoning=NO_REASONING if reasons else request.reasoning,
    )
