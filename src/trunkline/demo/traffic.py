"""Generations that never happened: plausible, priced by the catalog, the same for the same seed."""

import random
import string
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from trunkline.catalog.pricing import charge
from trunkline.catalog.types import Endpoint, Model, Provider, Snapshot
from trunkline.demo.cast import Caller
from trunkline.demo.rhythm import arrivals
from trunkline.generations.types import Asked, Generation, GenerationStatus, ProviderResponse
from trunkline.protocols.events import Usage

MODELS_MAX: Final = 24
"""The newest priced chat models of the catalog; the first are used most."""
ENDPOINTS_MAX: Final = 3
"""Of a model; its others are idle."""
SESSIONS_OPEN: Final = 12
"""Of one caller at a time."""
USERS: Final = 40
_TASKS: Final = {
    "code:general_impl": 0.22,
    "code:debugging": 0.15,
    "code:review": 0.08,
    "agent:terminal": 0.08,
    "agent:web_search": 0.05,
    "data:analysis": 0.06,
    "qa_knowledge": 0.10,
    "summarization": 0.07,
    "translation": 0.07,
    "customer_support": 0.08,
    "creative_writing": 0.04,
}
_FAILURES: Final[Sequence[int | None]] = (500, 500, 500, 503, 503, 429, 429, 429, 429, None)
_ALPHABET: Final = string.ascii_letters + string.digits


class Served(Struct, frozen=True):
    """An endpoint and how it does."""

    model: Model
    endpoint: Endpoint
    provider: Provider
    first_token_ms: float
    tokens_per_s: float
    failure_share: float


class Traffic:
    """The generations of one demo."""

    def __init__(self, seed: int, snapshot: Snapshot, callers: Sequence[Caller]) -> None:
        self._dice = random.Random(seed)  # noqa: S311 -- made-up traffic
        self._callers = callers
        self._shares = [caller.share for caller in callers]
        self._models = _models(snapshot)
        if not self._models:
            raise ValueError("the catalog has no chat model with a price")
        self._popularity = [1 / (rank + 1.5) for rank in range(len(self._models))]
        self._served = {
            model.id: [self._serve(snapshot, model, endpoint) for endpoint in _endpoints(snapshot, model)]
            for model in self._models
        }
        self._sessions: dict[str, list[str]] = {}

    def generations(self, first_ms: int, last_ms: int, count: int) -> Iterator[Generation]:
        """`count` of them, by time of arrival."""
        for at_ms in arrivals(self._dice, first_ms, last_ms, count):
            (caller,) = self._dice.choices(self._callers, self._shares)
            (model,) = self._dice.choices(self._models, self._popularity)
            yield self._generation(at_ms, caller, model)

    def _serve(self, snapshot: Snapshot, model: Model, endpoint: Endpoint) -> Served:
        dice = self._dice
        return Served(
            model,
            endpoint,
            snapshot.providers[endpoint.provider],
            first_token_ms=dice.uniform(180, 1_400),
            tokens_per_s=dice.uniform(25, 180),
            failure_share=dice.choice((0.002, 0.004, 0.01, 0.03)),
        )

    def _generation(self, at_ms: int, caller: Caller, model: Model) -> Generation:
        dice = self._dice
        served, attempts = self._attempts(model)
        status: GenerationStatus = "failed" if served is None else "cancelled" if dice.random() < 0.015 else "completed"
        last = served or self._served[model.id][0]
        usage = Usage() if served is None else self._usage(model)
        if status == "cancelled":
            usage = Usage(prompt_tokens=usage.prompt_tokens, completion_tokens=usage.completion_tokens // 3)
        cost = charge(last.endpoint.pricing, usage, at_ms=at_ms)
        first_token_ms = round(last.first_token_ms * dice.lognormvariate(0, 0.35))
        writing_ms = round(usage.completion_tokens * 1000 / (last.tokens_per_s * dice.lognormvariate(0, 0.2)))
        calls = 1 if status == "completed" and dice.random() < 0.3 else 0
        return Generation(
            id=f"gen-{at_ms // 1000}-{self._letters()}",
            request_id=f"req-{at_ms // 1000}-{self._letters()}",
            account_id=caller.account_id,
            workspace_id=caller.workspace_id,
            key_hash=caller.key_hash,
            created_at_ms=at_ms,
            finished_at_ms=at_ms + first_token_ms + writing_ms,
            status=status,
            model=model.id,
            requested_model=model.id,
            endpoint_id=last.endpoint.id,
            provider_name=last.provider.name,
            streamed=dice.random() < 0.85,
            cost_nanousd=cost.total_nanousd,
            upstream_cost_nanousd=cost.upstream_nanousd,
            cache_discount_nanousd=cost.cache_discount_nanousd,
            tokens_prompt=usage.prompt_tokens,
            tokens_completion=usage.completion_tokens,
            native_tokens_prompt=usage.prompt_tokens,
            native_tokens_completion=usage.completion_tokens,
            native_tokens_cached=usage.cached_tokens,
            native_tokens_reasoning=usage.reasoning_tokens,
            finish_reason="error" if served is None else "tool_calls" if calls else "stop",
            latency_ms=first_token_ms,
            generation_time_ms=writing_ms,
            error_type="provider_unavailable" if served is None else None,
            error_code=502 if served is None else None,
            origin=caller.origin,
            app_id=caller.app_id,
            http_referer=f"https://{caller.origin}/",
            app_title=caller.app_title,
            app_categories=caller.app_categories,
            user_agent="trunkline-demo",
            external_user=f"demo-user-{dice.randrange(USERS)}",
            session_id=self._session(caller),
            provider_responses=attempts,
            tool_call_count=calls,
            tool_calls_valid=dice.random() < 0.985 if calls else None,
            task=dice.choices(list(_TASKS), list(_TASKS.values()))[0] if dice.random() < 0.1 else None,
            asked=Asked(
                used_parameters=frozenset({"tools"} if calls else ()),
                input_modalities=frozenset({"text"}),
                prompt_tokens_estimate=usage.prompt_tokens,
            ),
            is_demo=True,
        )

    def _attempts(self, model: Model) -> tuple[Served | None, tuple[ProviderResponse, ...]]:
        """Who answered, None when nobody did, and what came of everyone who was asked."""
        candidates = self._served[model.id]
        tried: list[ProviderResponse] = []
        order = self._dice.sample(candidates, len(candidates)) if self._dice.random() < 0.3 else candidates
        for served in order:
            fails = self._dice.random() < served.failure_share
            status = self._dice.choice(_FAILURES) if fails else 200
            tried.append(
                ProviderResponse(
                    provider_name=served.provider.name,
                    status=status,
                    endpoint_id=served.endpoint.id,
                    model_permaslug=model.canonical_slug,
                    latency=round(served.first_token_ms / 2),
                )
            )
            if not fails:
                return served, tuple(tried)
        return None, tuple(tried)

    def _usage(self, model: Model) -> Usage:
        dice = self._dice
        longest = model.context_length or 32_768
        prompt = min(round(dice.lognormvariate(7.2, 1.3)), longest // 2)
        completion = min(round(dice.lognormvariate(5.6, 1.0)), 8_000)
        reasoning = round(completion * dice.uniform(0.2, 0.7)) if model.reasoning is not None else 0
        cached = round(prompt * dice.uniform(0.3, 0.9)) if prompt > 2_000 and dice.random() < 0.4 else 0
        return Usage(
            prompt_tokens=prompt, completion_tokens=completion, cached_tokens=cached, reasoning_tokens=reasoning
        )

    def _session(self, caller: Caller) -> str:
        """One of the caller's open sessions; now and then one ends and another begins."""
        opened = self._sessions.setdefault(caller.key_hash, [])
        if len(opened) < SESSIONS_OPEN:
            opened.append(f"demo-{self._letters()}")
            return opened[-1]
        index = self._dice.randrange(SESSIONS_OPEN)
        if self._dice.random() < 0.12:
            opened[index] = f"demo-{self._letters()}"
        return opened[index]

    def _letters(self) -> str:
        return "".join(self._dice.choices(_ALPHABET, k=20))


def _models(snapshot: Snapshot) -> list[Model]:
    """Chat models of the catalog, priced; no two of one author in a row."""
    by_author: dict[str, list[Model]] = {}
    for model in snapshot.models.values():
        if model.operation == "chat" and model.variant == "standard" and _endpoints(snapshot, model):
            by_author.setdefault(model.author, []).append(model)
    authors = sorted(by_author.values(), key=lambda models: -len(models))
    rounds = [models[turn] for turn in range(MODELS_MAX) for models in authors if turn < len(models)]
    return rounds[:MODELS_MAX]


def _endpoints(snapshot: Snapshot, model: Model) -> list[Endpoint]:
    """The ones that traffic goes to: of real providers, of the default tier, with a price."""
    usable = [
        endpoint
        for endpoint in model.endpoints
        if endpoint.tier == "default"
        and endpoint.pricing.priced
        and endpoint.pricing.base.get("completion", 0) > 0
        and snapshot.providers[endpoint.provider].kind == "cloud"
    ]
    return usable[:ENDPOINTS_MAX]
