"""From codec errors to refusals that name the field: the checks that every part of a chat request shares.

Whatever bytes a caller sends, what leaves this module is a value of the asked type or an `InvalidRequest` whose
`field` is a path such as `messages[2].content[0].image_url.url` (operating.md OP-50).
"""

import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec
from msgspec import Raw, Struct

from trunkline.core.errors import InvalidPrompt, InvalidRequest

T = TypeVar("T")

QUOTES_CHECKED_FROM_BYTES = 8 * 1024 * 1024
QUOTES_MAX = 2_000_000
"""A member costs two quotes in the body and some 200 bytes once decoded: this bounds what a body can grow to."""

MESSAGE_CHARS_MAX = 300

_SHAPE = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>.*)`)?$", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<name>[^`]*)`")
_CONVERSATION_FIELD = re.compile(r"(\.content|\.content\[\d+\]|\.role|\.content\[\d+\]\.type)$")
_CONVERSATIONS = ("messages", "input")
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_WORDS = {
    "`bool`": "true or false",
    "`int`": "an integer",
    "`float`": "a number",
    "`str`": "a string",
    "`array`": "an array",
    "`object`": "an object",
    "`null`": "null",
}
_CHOICES: Mapping[str, str] = {
    "role": "system, developer, user, assistant or tool",
    "content[].type": "text, image_url, file, input_audio, video_url or refusal",
    "effort": "max, xhigh, high, medium, low, minimal or none",
    "reasoning_effort": "max, xhigh, high, medium, low, minimal or none",
    "service_tier": "auto, default, flex, priority, fast or scale",
    "verbosity": "low, medium, high, xhigh or max",
    "summary": "auto, concise or detailed",
    "detail": "auto, low, high or original",
    "ttl": "5m or 1h",
    "modalities[]": "text, image or audio",
}
_INDEX = re.compile(r"\[(?:\d+|\.\.\.)\]")


class ParseLimits(Struct, frozen=True, kw_only=True):
    """The bounds of one chat request; defaults are those of `[limits]` and `[routing]`."""

    messages_max: int = 20_000
    tools_max: int = 4_096
    nesting_max: int = 128
    models_max: int = 3


def decode(decoder: msgspec.json.Decoder[T], data: bytes | Raw, path: str = "") -> T:
    """`data` by `decoder`; `path` is where `data` stands in the request. Raises InvalidRequest or InvalidPrompt."""
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        raise _refusal(str(error), path) from None
    except msgspec.DecodeError as error:
        raise InvalidRequest(f"The request body is not valid JSON: {error}. Send one JSON object.") from None
    except RecursionError:
        raise too_deep(path or "The request body") from None


def top_level(body: bytes) -> dict[str, Raw]:
    """The members of the request body that are not null, each as it was sent; of duplicates the last.

    Raises InvalidRequest when the body is no JSON object in UTF-8, or has more strings than a request can need.
    """
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError as error:
            raise InvalidRequest(
                f"The request body is not valid UTF-8 at byte {error.start}. Send JSON in UTF-8."
            ) from None
    if len(body) > QUOTES_CHECKED_FROM_BYTES and body.count(b'"') > QUOTES_MAX:
        raise InvalidRequest(
            f"The request body has more than {QUOTES_MAX // 2:,} strings. Send fewer or longer messages and tools."
        )
    members = decode(_members, body)
    return {name: raw for name, raw in members.items() if len(raw) != 4 or bytes(raw) != b"null"}


_members = msgspec.json.Decoder(dict[str, Raw])


def too_deep(where: str) -> InvalidRequest:
    """The refusal of a value that is nested deeper than the codec or the limit allows."""
    return InvalidRequest(f"{where} is nested too deeply. Flatten it.", field=None if " " in where else where)


def check_nesting(raw: Raw, path: str, nesting_max: int) -> None:
    """Refuse free-form JSON nested deeper than `nesting_max`. Cheap for what is small: depth needs two bytes a level.

    Typed parts of a request need no such check: their depth is that of their types.
    """
    if len(raw) <= 2 * nesting_max:
        return
    data = bytes(raw)
    if data.count(b"{") + data.count(b"[") <= nesting_max:
        return
    brackets = _STRINGS.sub(b"", data).translate(None, _NOT_BRACKETS)
    for _ in range(nesting_max):
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
        if not brackets:
            return
    raise too_deep(path)


def string_of(raw: Raw, path: str) -> str:
    """A JSON string that was left raw. Raises InvalidRequest when it is something else."""
    return decode(_string, raw, path)


_string = msgspec.json.Decoder(str)


def text_of(value: str) -> str:
    """A caller's value inside a message, cut to a readable length."""
    return value if len(value) <= 64 else value[:64] + "…"


def _refusal(error: str, prefix: str) -> InvalidRequest:
    """The codec's sentence in the caller's words, with the path of the field."""
    shape = _SHAPE.match(error)
    assert shape is not None  # the pattern matches any text
    what, path = shape["what"], shape["path"] or "$"
    field = prefix + path.removeprefix("key in ").replace("`", "").replace("$", "", 1)
    field = field.lstrip(".")
    if missing := _MISSING.match(what):
        field = f"{field}.{missing['name']}".lstrip(".")
        sentence = f"`{field}` is missing. Add it."
    elif what.startswith("Invalid "):
        given = what.partition("'")[2].rstrip("'")
        sentence = f"`{field}` has the unknown value '{text_of(given)}'.{_choices(field)}"
    elif "out of range" in what:
        sentence = f"`{field}` is too large a number. Send a smaller one or leave the field out."
    elif field:
        sentence = f"`{field}` is invalid: {_plain(what)}. Correct it or leave it out."
    else:
        sentence = f"The request body is invalid: {_plain(what)}."
    cls = InvalidPrompt if prefix.startswith(_CONVERSATIONS) and _CONVERSATION_FIELD.search(field) else InvalidRequest
    return cls(sentence[:MESSAGE_CHARS_MAX], field=field or None)


def _choices(field: str) -> str:
    pattern = _INDEX.sub("[]", field)
    for name, choices in _CHOICES.items():
        if pattern == name or pattern.endswith("." + name):
            return f" Use {choices}."
    return " Use a documented value or leave it out."


def _plain(what: str) -> str:
    """`Expected `float | null`, got `str`` as "expected a number or null, got a string"."""
    text = what[:1].lower() + what[1:]
    return re.sub(r"`([a-z]+(?: \| [a-z]+)*)`", lambda match: _alternatives(match[1]), text)


def _alternatives(types: str) -> str:
    return " or ".join(_WORDS.get(f"`{name}`", name) for name in types.split(" | "))


def invalid(path: str, problem: str) -> InvalidRequest:
    """A refusal of one field: `problem` says what is wrong and what to do."""
    return InvalidRequest(f"`{path}` {problem}", field=path)


def invalid_prompt(path: str, problem: str) -> InvalidPrompt:
    """The same for messages that are no conversation."""
    return InvalidPrompt(f"`{path}` {problem}", field=path)


def is_string(raw: Raw) -> bool:
    """True when the JSON text is a string; the codec has already checked that it is well formed."""
    return bytes(memoryview(raw)[:1]) == b'"'


def is_object(raw: Raw) -> bool:
    """True when the JSON text is an object."""
    return bytes(memoryview(raw)[:1]) == b"{"
