"""Every recorded Gemini request that chat has words for, said by a chat client, comes out with the same meaning."""

from collections import Counter

import msgspec

from tests.protocols.gemini_as_chat import Json, NoWords, as_chat, plain
from tests.protocols.gemini_recordings import PROTOCOL, recorded
from tests.recorded import requires_recorded
from trunkline.core.errors import InvalidRequest
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.chat.request import ParseLimits, parse_chat, to_hub
from trunkline.protocols.gemini.protocol import GeminiProtocol
from trunkline.protocols.gemini.signatures import UNKNOWN_SIGNATURE

pytestmark = requires_recorded

UNSAYABLE = Counter(
    {
        "built-in tools": 39,
        "built-in tools in the history": 6,
        "validated mode, choice among several functions": 7,
        "addresses of recordings": 4,
        "addresses of buckets": 1,
        "a signature without its thought": 1,
    }
)
"""What chat clients have no words for."""

REFUSED = Counter(
    {
        # The budget leaves no room for an answer (inference.md 7.2).
        "reasoning.max_tokens": 7,
        # Addresses that this family or this service does not open.
        "messages[5].content[1].video_url.url": 1,
        "messages[0].content[1].file.file_data": 1,
    }
)
"""Field that is named → how many requests."""

DIFFERENT = {
    # A file of Google's own inside a result stands behind it, since its type is not known.
    "70ff294749-02": {"contents"},
    # A budget of 0 for a model that cannot think at all.
    "79c44f1ca5-00": {"config"},
    "8812e4e7e4-00": {"config"},
    "dba1ce0ffd-00": {"config"},
}

PASSTHROUGH = frozenset({"labels", "modelArmorConfig", "cachedContent"})


def encode(exchange: Json, chat: Json, protocol: GeminiProtocol = PROTOCOL) -> Json:
    target = UpstreamTarget(
        provider="google-ai-studio",
        upstream_model=exchange["model"],
        supported_parameters=frozenset(),
        passthrough=PASSTHROUGH,
    )
    parsed = parse_chat(msgspec.json.encode(chat), ParseLimits())
    return msgspec.json.decode(protocol.encode(to_hub(parsed), target))


def meaning(body: Json) -> Json:
    """A request without what changes nothing: ids of calls, roles of instructions, turns that say nothing."""
    contents: list[Json] = []
    for content in body["contents"]:
        parts = [part for part in map(part_meaning, content["parts"]) if part]
        if contents and contents[-1]["role"] == content["role"]:
            contents[-1]["parts"] += parts
        elif parts:
            contents.append({"role": content["role"], "parts": parts})
    system = body.get("systemInstruction", {}).get("parts", [])
    system = [system] if isinstance(system, dict) else system
    declarations = [
        tool_meaning(declaration)
        for tool in ([body["tools"]] if isinstance(body.get("tools"), dict) else body.get("tools", []))
        for declaration in tool["functionDeclarations"]
    ]
    return {
        "contents": contents,
        "system": [part["text"] for part in system if part["text"]],
        "tools": declarations,
        "calling": calling_meaning(body) if declarations else {},
        "config": config_meaning(body.get("generationConfig", {})),
        **{name: body[name] for name in PASSTHROUGH & body.keys()},
    }


def calling_meaning(body: Json) -> Json:
    calling = body.get("toolConfig", {}).get("functionCallingConfig", {})
    return {**calling, "mode": calling["mode"].upper()} if calling else {}


def part_meaning(part: Json) -> Json:
    kept: Json = dict(part)
    signature = kept.get("thoughtSignature")
    if signature == UNKNOWN_SIGNATURE:
        del kept["thoughtSignature"]
    if kept.get("text") == "" and not signature:
        return {}
    if kept.get("thought") and not signature:
        return {}  # Unsigned thoughts are not sent back (inference.md 7.5).
    for name in ("functionCall", "functionResponse"):
        if name in kept:
            kept[name] = {key: value for key, value in kept[name].items() if key != "id"}
    if "functionCall" in kept:
        kept["functionCall"].setdefault("args", {})
    media = kept.get("inlineData")
    if media is not None:
        kept["inlineData"] = {**media, "mimeType": media["mimeType"].replace("audio/mp3", "audio/mpeg")}
    return kept


def tool_meaning(declaration: Json) -> Json:
    schema = declaration.get("parametersJsonSchema", declaration.get("parameters"))
    return {"name": declaration["name"], "description": declaration.get("description"), "schema": schema}


def config_meaning(config: Json) -> Json:
    kept = {name: value for name, value in config.items() if value not in ([], {})}
    if kept.get("candidateCount") == 1:
        del kept["candidateCount"]
    if kept.get("responseMimeType") == "text/plain":
        del kept["responseMimeType"]
    if "responseSchema" in kept:
        kept["responseJsonSchema"] = kept.pop("responseSchema")
        kept["responseMimeType"] = "application/json"
    thinking = dict(kept.get("thinkingConfig", {}))
    if "thinkingLevel" in thinking:
        thinking["thinkingLevel"] = thinking["thinkingLevel"].lower()
    thinking = {name: value for name, value in thinking.items() if value is not False}
    kept["thinkingConfig"] = thinking
    return {name: value for name, value in kept.items() if value != {}}


def test_recorded_requests_said_in_chat_come_out_with_the_same_meaning() -> None:
    unsayable: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    different: dict[str, set[str]] = {}
    same = 0
    for exchange in recorded():
        body = (exchange.get("request") or {}).get("body")
        if body is None:
            continue
        sent = plain(body)
        try:
            got = encode(exchange, as_chat(sent))
        except NoWords as reason:
            unsayable[str(reason)] += 1
            continue
        except InvalidRequest as error:
            refused[error.field or error.message] += 1
            continue
        expected, ours = meaning(sent), meaning(got)
        same += ours == expected
        if ours != expected:
            names = expected.keys() | ours.keys()
            different[exchange["id"]] = {name for name in names if expected.get(name) != ours.get(name)}
    assert different == DIFFERENT
    assert unsayable == UNSAYABLE
    assert refused == REFUSED
    assert same == 350 - len(DIFFERENT) - UNSAYABLE.total() - REFUSED.total()
