"""Cached contents: which prefix of a request is one, the call that makes it, the request that names it.

Of all breakpoints the last counts that leaves something to ask (inference.md 12.2). The system instruction and the
tools always belong to the prefix: a request that names a cached content must not bring its own.
"""

import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import UNSET, Struct

from trunkline.core import json
from trunkline.protocols.bounds import TOKENS_MAX
from trunkline.protocols.estimates import estimated_tokens
from trunkline.protocols.gemini.contents import Conversation
from trunkline.protocols.gemini.written import Content, WrittenPart
from trunkline.protocols.lenient_json import UNREADABLE
from trunkline.protocols.managed_caches import CreatedCache

LIFETIME_S: Final = 300
_IN_PREFIX: Final = ("systemInstruction", "tools", "toolConfig")
_COLLECTION: Final = "cachedContents"


class _Counted(Struct, frozen=True, rename="camel"):
    total_token_count: int = 0


class _Created(Struct, frozen=True, rename="camel"):
    name: str
    usage_metadata: _Counted = _Counted()


_created = msgspec.json.Decoder(_Created)


class CacheableRequest(Struct, frozen=True):
    """Implements `managed_caches.CacheablePrompt`. Both parts are JSON objects, neither of them empty."""

    resource: str
    """The model, as it is named under the base URL."""
    prefix: bytes
    rest: bytes

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(b"%b\0%b" % (self.resource.encode(), self.prefix)).digest()

    @property
    def lifetime_s(self) -> int:
        return LIFETIME_S

    def creation(self, url: str) -> tuple[str, bytes]:
        """Vertex wants the model's full name, which begins with the project in its address."""
        base = url.rpartition(f"/{self.resource}:")[0]
        _, found, project = base.partition("/projects/")
        model = f"projects/{project}/{self.resource}" if found else self.resource
        head = json.encode({"model": model, "ttl": f"{LIFETIME_S}s"})
        return f"{base}/{_COLLECTION}", _joined(head, self.prefix)

    def created(self, data: bytes) -> CreatedCache | None:
        try:
            created = _created.decode(data)
        except UNREADABLE:
            return None
        tokens = created.usage_metadata.total_token_count
        is_one = f"{_COLLECTION}/" in created.name and 0 <= tokens <= TOKENS_MAX
        return CreatedCache(created.name, tokens) if is_one else None

    def using(self, name: str) -> bytes:
        return _joined(json.encode({"cachedContent": name}), self.rest)


def cacheable_request(
    body: Mapping[str, object],
    conversation: Conversation,
    *,
    resource: str,
    tools_marked: bool,
    tokens_min: int | None,
) -> CacheableRequest | None:
    """The request `body` in two parts. None: there is no breakpoint that can be used, less than `tokens_min` before
    it, or the caller names a cached content of his own."""
    if tokens_min is None or _COLLECTION[:-1] in body:
        return None
    split = _split(conversation, tools_marked=tools_marked and "tools" in body)
    if split is None:
        return None
    before, after = split
    head: dict[str, object] = {name: body[name] for name in _IN_PREFIX if name in body}
    if before:
        head["contents"] = before
    prefix = json.encode(head)
    if _tokens_at_most(prefix, conversation) < tokens_min:
        return None
    rest = {name: member for name, member in body.items() if name not in _IN_PREFIX}
    rest["contents"] = after
    return CacheableRequest(resource, prefix, json.encode(rest))


def _split(conversation: Conversation, *, tools_marked: bool) -> tuple[list[Content], list[Content]] | None:
    """The contents before and after the last usable breakpoint."""
    marked = {id(part) for part in conversation.marked}
    contents = conversation.contents
    for index in range(len(contents) - 1, -1, -1):
        role, parts = contents[index].role, contents[index].parts
        for count in range(len(parts), 0, -1):
            if id(parts[count - 1]) in marked and _may_end(contents, index, count):
                before, after = contents[:index], contents[index + 1 :]
                before.append(Content(role, parts[:count]))
                return before, [Content(role, parts[count:]), *after] if count < len(parts) else after
    if tools_marked or any(id(part) in marked for part in conversation.system):
        return [], contents
    return None


def _may_end(contents: list[Content], index: int, count: int) -> bool:
    """Whether a prefix may end after `count` parts of that turn: something is left, a turn of the model is whole, and
    results stay with their calls."""
    turn = contents[index]
    if count < len(turn.parts):
        return turn.role == "user" and not _is_result(turn.parts[count])
    return index + 1 < len(contents) and not _is_result(contents[index + 1].parts[0])


def _is_result(part: WrittenPart) -> bool:
    return part.function_response is not UNSET


def _tokens_at_most(prefix: bytes, conversation: Conversation) -> int:
    """A guess that is rather too large; where there are media, the upstream alone can tell, and refuses."""
    has_media = any(
        part.inline_data is not UNSET or part.file_data is not UNSET
        for content in conversation.contents
        for part in content.parts
    )
    return TOKENS_MAX if has_media else estimated_tokens(len(prefix))


def _joined(head: bytes, members: bytes) -> bytes:
    """Two JSON objects as one."""
    return b"%b,%b" % (head[:-1], members[1:])
