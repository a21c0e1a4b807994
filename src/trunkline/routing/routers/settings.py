"""What requests and operators may say of router models (routing-and-catalog.md 12.1 and 12.5)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct

from trunkline.core.errors import InvalidRequest

PATTERNS_MAX = 1024
PATTERN_CHARS_MAX = 1024
PATTERNS_CHARS_MAX = 65_536
"""Of all patterns of one list together."""

CostTier = Literal["low", "medium", "high", "xhigh", "max"]
Patterns = Annotated[tuple[Annotated[str, Meta(max_length=PATTERN_CHARS_MAX)], ...], Meta(max_length=PATTERNS_MAX)]


class AutoSettings(Struct, frozen=True, kw_only=True):
    """The plugin `auto-router` or `auto-beta-router`."""

    allowed_models: Patterns | None = None
    excluded_models: Patterns | None = None
    cost_tier: CostTier | None = None
    cost_quality_tradeoff: Annotated[int, Meta(ge=0, le=10)] | None = None
    """0 best, 10 cheapest; absent: 9. Nothing when `cost_tier` is given."""
    enabled: bool | None = None
    """False: the default models, without classification."""
    pin_model: bool | None = None
    """Stay with the model that the last assistant message names. Only on `auto-router`."""


class ParetoSettings(Struct, frozen=True, kw_only=True):
    """The plugin `pareto-router`."""

    min_coding_score: Annotated[float, Meta(ge=0, le=1)] | None = None
    max_price: Annotated[float, Meta(ge=0)] | None = None
    """USD per million input tokens."""
    price_source: Literal["prompt", "weighted_avg"] | None = None
    """Without a week of traffic to weigh by, `weighted_avg` is the prompt price too."""
    enabled: bool | None = None


class RouterSettings(Struct, frozen=True, kw_only=True):
    """Of all routers. Settings under another router's id have no effect."""

    auto: AutoSettings = AutoSettings()
    auto_beta: AutoSettings = AutoSettings()
    pareto: ParetoSettings = ParetoSettings()


class Prompt(Struct, frozen=True, kw_only=True):
    """What routers look at of a conversation."""

    text: str = ""
    """Of the last user message; its beginning suffices."""
    answered_by: str | None = None
    """`model` of the most recent assistant message."""


class RouterTables(Struct, frozen=True, kw_only=True):
    """The operator's lists of model ids, best first; empty ones are derived from the catalog."""

    auto_default: tuple[str, ...] = ()
    body_builder: tuple[str, ...] = ()
    """Not derived: empty is off."""
    auto_rankings: Mapping[str, tuple[str, ...]] = {}
    """By task tag (routing-and-catalog.md 22.5)."""
    pareto: Mapping[Literal["high", "medium", "low"], tuple[str, ...]] = {}


S = TypeVar("S", bound=Struct)

NO_PROMPT = Prompt()
NO_SETTINGS = RouterSettings()

_plugins = msgspec.json.Decoder(list[dict[str, Raw]])
_ids: msgspec.json.Decoder[str] = msgspec.json.Decoder(str)
_NOT_ON_BETA = "pin_model"


def parse_plugins(raw: Raw) -> RouterSettings:
    """The routers' settings in a request's `plugins`; of two entries with one id the last counts.

    Raises InvalidRequest naming the member.
    """
    if not bytes(raw) or bytes(raw) == b"null":
        return NO_SETTINGS
    given = {_id(plugin): plugin for plugin in _plugins.decode(raw)}
    beta = {name: value for name, value in given.get("auto-beta-router", {}).items() if name != _NOT_ON_BETA}
    return RouterSettings(
        auto=_auto(given.get("auto-router", {}), "auto-router"),
        auto_beta=_auto(beta, "auto-beta-router"),
        pareto=_decoded(ParetoSettings, given.get("pareto-router", {}), "pareto-router"),
    )


def _id(plugin: Mapping[str, Raw]) -> str:
    return _ids.decode(plugin["id"]) if "id" in plugin else ""


def _auto(plugin: Mapping[str, Raw], name: str) -> AutoSettings:
    settings = _decoded(AutoSettings, plugin, name)
    for field, patterns in (("allowed_models", settings.allowed_models), ("excluded_models", settings.excluded_models)):
        if patterns is not None and _chars(patterns) > PATTERNS_CHARS_MAX:
            message = f"has more than {PATTERNS_CHARS_MAX:,} characters in all. Use wildcards."
            raise InvalidRequest(f"plugins ({name}): {field} {message}", field="plugins")
    return settings


def _chars(patterns: Sequence[str]) -> int:
    return sum(map(len, patterns))


def _decoded(kind: type[S], plugin: Mapping[str, Raw], name: str) -> S:
    body = b",".join(msgspec.json.encode(key) + b":" + bytes(value) for key, value in plugin.items())
    try:
        return msgspec.json.decode(b"{" + body + b"}", type=kind)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"plugins ({name}): {error}", field="plugins") from None
