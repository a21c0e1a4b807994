"""Conversations that stay where their prompt is cached: routing-and-catalog.md 13.

Pure: what is kept between requests is one text for each conversation, which shared state holds under `fact_key`.

    before planning   remembered = recall(text, now)            → RoutingQuery.remembered
    after success     text = renewed(remembered, …)              → kept for so long; None: nothing new to keep
"""

import hashlib
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from trunkline.catalog.types import Endpoint

ENDPOINT_MS = 10 * 60_000
"""Of inactivity; each success begins it anew."""
PARETO_MODEL_MS = 5 * 60_000
ENTRIES_MAX = 8
"""Models remembered for one conversation; the one used longest ago is forgotten first."""


class Conversation(Struct, frozen=True):
    """What tells a conversation from others. `explicit`: the caller named it as a session."""

    key: str
    explicit: bool


class _Entry(Struct, frozen=True, array_like=True):
    value: str
    until_ms: int


class _Memory(Struct, frozen=True, omit_defaults=True):
    """The kept text: model id → tag of its endpoint, router id → the model that it resolved to."""

    e: dict[str, _Entry] = {}
    r: dict[str, _Entry] = {}


class Remembered(Struct, frozen=True, kw_only=True):
    """What is known of a conversation at the time of a request."""

    explicit: bool = False
    tags: Mapping[str, _Entry] = {}
    """By model id."""
    models: Mapping[str, _Entry] = {}
    """By router id."""

    def tag_of(self, model_id: str) -> str | None:
        """Tag of the endpoint that served this model last."""
        entry = self.tags.get(model_id)
        return None if entry is None else entry.value

    def model_of(self, router: str) -> str | None:
        """Id of the model that this router chose last."""
        entry = self.models.get(router)
        return None if entry is None else entry.value


NOTHING_REMEMBERED = Remembered()
_decoder = msgspec.json.Decoder(_Memory)
_encode = msgspec.json.Encoder().encode


def conversation(
    *, session_id: str | None, prompt_cache_key: str | None, first_system: bytes, first_message: bytes
) -> Conversation:
    """The first that exists: the session of body or header, the cache key, else what the conversation begins with.

    `first_system` and `first_message` are the first system or developer message and the first other one, as sent.
    """
    if session_id:
        return Conversation(f"s{session_id}", explicit=True)
    if prompt_cache_key:
        return Conversation(f"c{prompt_cache_key}", explicit=False)
    digest = hashlib.blake2b(first_system, digest_size=16)
    digest.update(b"\0")
    digest.update(first_message)
    return Conversation(f"h{digest.hexdigest()}", explicit=False)


def fact_key(account_id: str, talk: Conversation) -> str:
    """Under which shared state keeps it: of fixed length, and telling nothing of the conversation."""
    return "sticky:" + hashlib.blake2b(f"{account_id}\0{talk.key}".encode(), digest_size=16).hexdigest()


def recall(text: str | None, talk: Conversation, now_ms: int) -> Remembered:
    """What the kept text still says. An unreadable one says nothing."""
    if text is None:
        return Remembered(explicit=talk.explicit)
    try:
        memory = _decoder.decode(text)
    except msgspec.DecodeError:
        return Remembered(explicit=talk.explicit)
    for entries in (memory.e, memory.r):
        for key in tuple(entries):
            if entries[key].until_ms <= now_ms:
                del entries[key]
    return Remembered(explicit=talk.explicit, tags=memory.e, models=memory.r)


def renewed(
    remembered: Remembered,
    *,
    endpoint: Endpoint,
    router: str | None,
    cached_tokens: int,
    now_ms: int,
) -> tuple[str, int] | None:
    """The text to keep after `endpoint` answered, and until when; None: this answer is nothing to remember.

    `cached_tokens` are those read from or written to a prompt cache; `router` is the router model that chose, if any.
    """
    if not remembered.explicit and cached_tokens <= 0:
        return None
    until_ms = now_ms + ENDPOINT_MS
    tags = _with(remembered.tags, endpoint.model_id, _Entry(endpoint.tag, until_ms))
    models = dict(remembered.models)
    if router is not None:
        lifetime_ms = PARETO_MODEL_MS if router.endswith("/pareto-code") else ENDPOINT_MS
        models = _with(models, router, _Entry(endpoint.model_id, now_ms + lifetime_ms))
    return _encode(_Memory(e=tags, r=models)).decode(), until_ms


def _with(entries: Mapping[str, _Entry], key: str, entry: _Entry) -> dict[str, _Entry]:
    """The entries with this one as the youngest, bounded."""
    others = [(name, known) for name, known in entries.items() if name != key]
    return dict([*others[-(ENTRIES_MAX - 1) :], (key, entry)])


def deserves(remembered: Remembered, endpoint: Endpoint) -> bool:
    """Whether staying is worth it: always in a named session, else where cached tokens cost less than fresh ones."""
    rates = endpoint.pricing.base_rates
    return remembered.explicit or rates.cached < rates.prompt
