"""From a record to the query that routing plans, and what the record says of the request apart from it."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from trunkline.catalog.types import Snapshot
from trunkline.core.errors import InvalidRequest
from trunkline.core.json import JsonValue
from trunkline.generations.types import Asked, Generation
from trunkline.protocols.events import Usage
from trunkline.routing.policy import RoutingCaller
from trunkline.routing.preferences import parse
from trunkline.routing.references import is_indirect
from trunkline.routing.types import ProviderPreferences, RoutingQuery
from trunkline.statistics.outcomes import Attempt, Outcome

Left = Literal[
    "not finished",
    "client's error",
    "refused",
    "own key",
    "sandbox",
    "not a chat",
    "not in the catalog",
    "unreadable",
]
"""Why a request is left as it was: nothing can be said of it under another policy."""

_CHAT: Final = "completions"
_REMEMBERED_MAX: Final = 1_024
"""Different `provider` objects, and accounts, remembered at once."""
_encode = msgspec.json.Encoder().encode


class Replayed(Struct, frozen=True, kw_only=True):
    """A recorded request, as far as it can be asked again."""

    generation: Generation
    is_answered: bool
    """To its end, or until its client left."""
    is_counted: bool
    """Towards availability: neither cancelled nor the caller's fault."""
    tried: tuple[Attempt, ...]
    """What came of each endpoint that was called for it: so it would have come of it in the replay."""

    def usage(self) -> Usage:
        """What was counted, as prices are multiplied with."""
        generation = self.generation
        return Usage(
            prompt_tokens=generation.native_tokens_prompt,
            completion_tokens=generation.native_tokens_completion,
            cached_tokens=generation.native_tokens_cached,
            cache_write_tokens=generation.native_tokens_cache_write,
            reasoning_tokens=generation.native_tokens_reasoning,
            completion_image_tokens=generation.native_tokens_completion_images,
            web_searches=generation.num_search_results or 0,
        )

    @property
    def first_token_ms(self) -> int | None:
        """Of a stream whose first endpoint answered: what was waited for is that endpoint's own."""
        generation = self.generation
        is_plain = generation.streamed and len(self.tried) == 1 and generation.status == "completed"
        return generation.latency_ms if is_plain and self.is_answered else None

    def outcome_at(self, endpoint_id: str) -> Outcome | None:
        """The last that came of that endpoint; None: it was not called."""
        for attempt in reversed(self.tried):
            if attempt.endpoint_id == endpoint_id:
                return attempt.outcome
        return None


def replayed(generation: Generation, tried: tuple[Attempt, ...], snapshot: Snapshot) -> Replayed | Left:
    """The request, or why it is left as it was. `tried` are the record's attempts."""
    if (reason := _left(generation, snapshot)) is not None:
        return reason
    if generation.status == "failed" and tried[-1].outcome == "uncounted":
        return "client's error"
    is_answered = generation.status != "failed" and generation.finish_reason != "error"
    return Replayed(
        generation=generation,
        is_answered=is_answered,
        is_counted=generation.status != "cancelled",
        tried=tried,
    )


def _left(generation: Generation, snapshot: Snapshot) -> Left | None:
    if generation.status not in ("completed", "failed", "cancelled"):
        return "not finished"
    if generation.api_type != _CHAT:
        return "not a chat"
    if not generation.charged and not generation.is_demo:
        return "sandbox"
    if generation.is_byok:
        return "own key"
    if not generation.provider_responses:
        return "refused"
    return None if generation.model in snapshot.models else "not in the catalog"


class Asker:
    """Makes queries, with one policy's preferences laid over those of the requests."""

    __slots__ = ("_callers", "_keeps_own", "_overlay", "_parsed")

    def __init__(self, overlay: Mapping[str, JsonValue], *, keeps_own: bool) -> None:
        """`overlay`: members of the `provider` object that replace the requests' own. `keeps_own` False: those that it
        does not name are dropped, too. Raises InvalidRequest naming a member that is wrong."""
        self._overlay = overlay
        self._keeps_own = keeps_own
        self._parsed: dict[bytes, ProviderPreferences] = {}
        self._callers: dict[str, RoutingCaller] = {}
        parse(Raw(_encode(overlay)), None)

    def query(self, generation: Generation) -> RoutingQuery:
        """What routing would be asked. Where the record lacks the requirements, being older, they are inferred from
        what the answer shows."""
        asked = generation.asked or _inferred(generation)
        requested = generation.requested_model
        # What a router chose is kept: its choice depended on the prompt, which nobody has.
        is_routed = generation.router is not None or is_indirect(requested)
        models = (generation.model,) if is_routed else (requested, *asked.fallbacks)
        return RoutingQuery(
            models=models,
            preferences=self._preferences(asked.provider),
            used_parameters=asked.used_parameters,
            input_modalities=asked.input_modalities,
            output_modalities=asked.output_modalities,
            prompt_tokens_estimate=asked.prompt_tokens_estimate,
            max_output_tokens=asked.max_output_tokens,
            service_tier=asked.service_tier,
            caller=self._caller(generation.account_id),
        )

    def _caller(self, account_id: str) -> RoutingCaller:
        """Whoever asks, as far as records tell: their account."""
        found = self._callers.get(account_id)
        if found is None:
            if len(self._callers) >= _REMEMBERED_MAX:
                self._callers.clear()
            found = self._callers[account_id] = RoutingCaller(identities=frozenset((account_id,)))
        return found

    def _preferences(self, sent: Raw | UnsetType) -> ProviderPreferences:
        own = b"" if sent is UNSET or not self._keeps_own else bytes(sent)
        found = self._parsed.get(own)
        if found is None:
            if len(self._parsed) >= _REMEMBERED_MAX:
                self._parsed.clear()
            found = self._parsed[own] = self._merged(own)
        return found

    def _merged(self, own: bytes) -> ProviderPreferences:
        members = msgspec.json.decode(own, type=dict[str, Raw] | None) if own else None
        overlay = {name: Raw(_encode(value)) for name, value in self._overlay.items()}
        try:
            return parse(Raw(_encode({**(members or {}), **overlay})), None)
        except InvalidRequest:  # another version took what this one refuses
            return parse(Raw(_encode(overlay)), None)


def _inferred(generation: Generation) -> Asked:
    used = {"tools"} if generation.tool_call_count else set[str]()
    if generation.structured_valid is not None:
        used.add("structured_outputs")
    return Asked(
        used_parameters=frozenset(used),
        input_modalities=frozenset({"text"}),
        prompt_tokens_estimate=generation.tokens_prompt,
    )
