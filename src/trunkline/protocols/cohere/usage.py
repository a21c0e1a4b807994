"""Token counts of this format (inference.md 13.1)."""

from msgspec import Raw

from trunkline.protocols.bounds import TOKENS_MAX
from trunkline.protocols.estimates import estimated_tokens
from trunkline.protocols.events import Usage
from trunkline.protocols.lenient_json import int_of, object_of


def read_usage(raw: Raw, thought_chars: int) -> Usage | None:
    """All counts, None when nothing was counted.

    The vendor charges `billed_units`, not `tokens`: the latter hold what its own templates and special tokens add,
    which is free (docs.cohere.com, "How does Cohere's pricing work"). `cached_tokens` are a part of `tokens`, often
    more than was billed, and carry no discount, so they are no class of the bill; `raw` keeps them.

    `thought_chars`: length of the visible reasoning, from which its tokens are estimated where they are not told.
    """
    members = object_of(raw)
    counted = object_of(members.get("tokens"))
    billed = object_of(members.get("billed_units")) or counted
    prompt = _count(billed.get("input_tokens"))
    completion = _count(billed.get("output_tokens"))
    if not prompt and not completion:
        return None
    reasoning = _count(counted.get("reasoning_tokens")) or estimated_tokens(thought_chars)
    images = _count(billed.get("image_tokens")) or _count(counted.get("image_tokens"))
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        prompt_image_tokens=min(prompt, images),
        reasoning_tokens=min(completion, reasoning),
        raw=Raw(bytes(raw)),
    )


def _count(raw: Raw | None) -> int:
    value = int_of(raw)
    return value if value is not None and 0 <= value <= TOKENS_MAX else 0
