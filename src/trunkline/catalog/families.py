"""Which line of models a model belongs to, for `~author/family-latest` (routing-and-catalog.md 12.4)."""

import re
from collections.abc import Iterable

from trunkline.catalog.types import Model

_VERSION = re.compile(r"[a-z]?\d+(?:\.\d+)*[a-z]?")


def family_of(model_id: str) -> str:
    """The id without author, versions, dates and `preview`: `claude-opus-4.8` and `claude-opus-5` are `claude-opus`."""
    name = model_id.partition("/")[2].partition(":")[0].lower()
    words = [word for word in name.split("-") if word != "preview" and not _VERSION.fullmatch(word)]
    return "-".join(words) or name


def alias_of(model: Model) -> str:
    """The name that leads to the newest of its family, in lower case."""
    return f"~{model.author}/{model.family}-latest".lower()


def families(rows: Iterable[Model]) -> dict[str, tuple[str, ...]]:
    """Alias → ids of its models, newest first, ties by canonical slug descending. Variants and private models are
    never meant; whether a model can be served is for the moment of a request to say."""
    members: dict[str, list[Model]] = {}
    for row in rows:
        if row.variant == "standard" and not row.private_to:
            members.setdefault(alias_of(row), []).append(row)
    return {alias: tuple(row.id for row in sorted(found, key=_age, reverse=True)) for alias, found in members.items()}


def _age(row: Model) -> tuple[int, str]:
    return row.created_s, row.canonical_slug
