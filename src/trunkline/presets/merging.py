"""A preset laid under a request: routing-and-catalog.md 15.4.

The request's own members win, each as a whole; the preset's `tools` are united with the request's, its system prompt
goes where the API in use has it.
"""

from collections.abc import Mapping

import msgspec
from msgspec import Raw

from trunkline.core import json
from trunkline.core.errors import InvalidRequest
from trunkline.presets.creation import MARK
from trunkline.presets.dialects import synonyms, translated
from trunkline.presets.tools import united
from trunkline.presets.types import PresetApi, PresetVersion

Members = dict[str, Raw]

_text: msgspec.json.Decoder[str] = msgspec.json.Decoder(str)
_items: msgspec.json.Decoder[list[Raw]] = msgspec.json.Decoder(list[Raw])
_SYSTEM_MEMBER: Mapping[PresetApi, str] = {"messages": "system", "responses": "instructions"}


def named_preset(members: Mapping[str, Raw]) -> str | None:
    """The slug of the preset that a request names, in any of the three spellings; None: none.

    Raises InvalidRequest when it names two, or a member is no text.
    """
    slugs: set[str] = set()
    try:
        if "preset" in members and _is_given(members["preset"]):
            slugs.add(_text.decode(members["preset"]).removeprefix(MARK))
        if "model" in members and _is_given(members["model"]):
            _, mark, slug = _text.decode(members["model"]).partition(MARK)
            if mark:
                slugs.add(slug.strip())
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"`model` and `preset` must be texts: {error}.", field="model") from None
    if len(slugs) > 1:
        raise InvalidRequest(f"The request names two presets ({', '.join(sorted(slugs))}). Name one.", field="preset")
    return next(iter(slugs), None)


def merged(members: Mapping[str, Raw], version: PresetVersion, api: PresetApi) -> Members:
    """The request with the preset under it, in the words of the API in use."""
    sent = {name: raw for name, raw in members.items() if _is_given(raw)}
    base = _base_model(sent)
    sent.pop("preset", None)
    if base is None:
        sent.pop("model", None)
    else:
        sent["model"] = base
    config = translated(json.members(version.config.encode()), api)
    under = {name: raw for name, raw in config.items() if synonyms(name).isdisjoint(sent)}
    if "tools" in config and "tools" in sent:
        under["tools"] = united(_items.decode(config["tools"]), _items.decode(sent.pop("tools")))
    return _with_system_prompt({**under, **sent}, version.system_prompt, api)


def _is_given(raw: Raw) -> bool:
    """`null` equals absent (inference.md 2.1 rule 4)."""
    return bytes(raw) != b"null"


def _base_model(sent: Mapping[str, Raw]) -> Raw | None:
    """The request's own model: what stands before `@preset/`; None when that is nothing."""
    if "model" not in sent:
        return None
    base = _text.decode(sent["model"]).partition(MARK)[0].strip()
    return json.raw(base) if base else None


def _with_system_prompt(request: Members, prompt: str | None, api: PresetApi) -> Members:
    if prompt is None:
        return request
    if api == "chat":
        own = _items.decode(request["messages"]) if "messages" in request else []
        request["messages"] = json.raw([{"role": "system", "content": prompt}, *own])
    else:
        request.setdefault(_SYSTEM_MEMBER[api], json.raw(prompt))
    return request
