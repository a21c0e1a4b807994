"""Words for values of the catalog."""

import re

from trunkline.catalog.types import DataPolicy

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"“(])")
SENTENCE_CHARACTERS_MAX = 240


def first_sentence(text: str) -> str:
    """What a list shows of a description."""
    sentence = _SENTENCE_END.split(text.strip(), 1)[0]
    if len(sentence) <= SENTENCE_CHARACTERS_MAX:
        return sentence
    return sentence[:SENTENCE_CHARACTERS_MAX].rsplit(" ", 1)[0] + "…"


def retention(policy: DataPolicy) -> str:
    """One of four sentences on what is kept (site.md PRO-05)."""
    if not policy.is_known:
        return "Unknown retention policy: treated as keeping prompts and training on them"
    if not policy.retains_prompts or policy.retention_days == 0:
        return "Prompts are not kept"
    if policy.retention_days is None:
        return "Prompts are kept for an unknown time"
    days = policy.retention_days
    return f"Prompts are kept for {days} day{'' if days == 1 else 's'}"


def training(policy: DataPolicy) -> str:
    """Whether prompts are learnt from; nothing for an unknown policy, whose sentence on retention says all."""
    if not policy.is_known:
        return ""
    return "May train on prompts" if policy.training else "Does not train on prompts"
