"""Callers that send bodies which are no requests, against the real program (operating.md OP-50, inference.md 2)."""

from collections.abc import AsyncIterator, Iterator
from types import NoneType, UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

import msgspec
import pytest
import pytest_asyncio

from tests.hostile import CHAT, KEYS, MODEL, ask, fortress, question, refused
from tests.instance import KEY, MANAGEMENT_KEY
from tests.process import ServeProcess
from tests.raw_http import get, post, send_raw
from trunkline.protocols.chat.wire_request import Head

pytestmark = pytest.mark.asyncio(loop_scope="module")
COMPLETIONS = "/api/v1/completions"
FEEDBACK = "/api/v1/generation/feedback"
HI = b'[{"role":"user","content":"Hi"}]'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServeProcess]:
    async with fortress(tmp_path_factory.mktemp("bodies") / "home") as running:
        yield running


def member(text: bytes) -> bytes:
    """A good request and one more member, as raw text."""
    return b'{"model":"%b","messages":%b,"max_tokens":5,%b}' % (MODEL.encode(), HI, text)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b" \n", id="blanks"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b"{}", id="empty object"),
        pytest.param(b"[]", id="an array"),
        pytest.param(b"null", id="null"),
        pytest.param(b"42", id="a number"),
        pytest.param(b'"text"', id="a string"),
        pytest.param(b"{}{}", id="two objects"),
        pytest.param(member(b'"temperature":NaN'), id="NaN"),
        pytest.param(member(b'"temperature":Infinity'), id="Infinity"),
        pytest.param(member(b'"temperature":-Infinity'), id="-Infinity"),
        pytest.param(member(b'"temperature":1e999'), id="a float beyond range"),
        pytest.param(member(b'"max_tokens":' + b"9" * 5_000), id="an integer of 5000 digits"),
        pytest.param(member(b'"seed":9223372036854775808'), id="an integer beyond 64 bit"),
        pytest.param(member(b'"x":01'), id="leading zero"),
        pytest.param(member(b"'x':1"), id="single quotes"),
        pytest.param(member(b'"x":1,'), id="trailing comma"),
        pytest.param(member(b'"user":"\xff\xfe"'), id="invalid UTF-8"),
        pytest.param(member(b'"user":"\xed\xa0\x80"'), id="an encoded surrogate"),
        pytest.param(member(b'"user":"a\x00b"'), id="a raw NUL"),
        pytest.param(member(b'"user":"a\nb"'), id="a raw line feed"),
        pytest.param(question().decode().encode("utf-16"), id="UTF-16"),
        pytest.param(b"\xef\xbb\xbf" + question(), id="a byte order mark"),
        pytest.param(b"[" * 100_000, id="open brackets"),
        pytest.param(b'{"a":' * 100_000, id="open braces"),
        pytest.param(member(b'"trace":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000), id="deep trace"),
        pytest.param(member(b'"logit_bias":' + b"[" * 900 + b"]" * 900), id="deep logit_bias"),
        pytest.param(member(b'"whatever":' + b"[" * 900 + b"]" * 900), id="deep unknown member"),
        pytest.param(b"model=x&messages=y", id="a form"),
        pytest.param(b"<xml/>", id="XML"),
    ],
)
async def test_what_is_no_request_is_a_400(server: ServeProcess, body: bytes) -> None:
    refused(await ask(server.port, body), 400)
    refused(await ask(server.port, body, path=COMPLETIONS), 400)
    refused(await ask(server.port, body, path=FEEDBACK), 400, 413)
    if body.lstrip()[:1] != b"{" or not body.rstrip().endswith(b"}"):
        refused(await ask(server.port, body, path=KEYS, key=MANAGEMENT_KEY), 400, 413)


def json_kinds(annotation: object) -> Iterator[type]:
    """The kinds of JSON value that a wire type takes, as Python types."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from json_kinds(get_args(annotation)[0])
    elif origin in (Union, UnionType):
        for option in get_args(annotation):
            yield from json_kinds(option)
    elif origin is Literal:
        yield str
    elif origin in (list, dict):
        yield origin
    elif isinstance(annotation, type):
        if issubclass(annotation, msgspec.Struct):
            yield dict
        else:
            yield from (int, float) if annotation is float else (annotation,)
    else:
        raise TypeError(annotation)


WRONG: dict[type, object] = {
    NoneType: None,
    bool: True,
    int: 5,
    float: 1.5,
    str: "a wrong type",
    list: [[{}]],
    dict: {"a": {"b": 1}},
}
OF_HEAD = {field.encode_name: set(json_kinds(field.type)) for field in msgspec.structs.fields(Head)}
CASES = [
    pytest.param(name, value, id=f"{name}: {kind.__name__}")
    for name, kinds in OF_HEAD.items()
    for kind, value in WRONG.items()
    if kind not in kinds and kind is not NoneType
]


@pytest.mark.parametrize(("name", "value"), CASES)
async def test_wrong_type_of_any_field_is_a_400_that_names_it(server: ServeProcess, name: str, value: object) -> None:
    for path in (CHAT, COMPLETIONS):
        answer = await ask(server.port, question(**{name: value, "prompt": "Hi"}), path=path)
        if path == COMPLETIONS and name == "logprobs" and isinstance(value, int):
            continue  # there it is a number
        refused(answer, 400)
        assert name in answer.error["message"], answer.error


@pytest.mark.parametrize("name", OF_HEAD)
async def test_null_is_the_same_as_absent(server: ServeProcess, name: str) -> None:
    answer = await ask(server.port, question(**{"models": [MODEL], name: None}))
    assert answer.status == 200, answer.body


STRANGE_TEXTS = [
    "",
    "\x00",
    "a" * 100_000,
    "\u202e\ufeff\U0001f600",
    "'; DROP TABLE generations;--",
    "{{7*7}}",
    "../../x",
]


@pytest.mark.parametrize("text", STRANGE_TEXTS, ids=range(len(STRANGE_TEXTS)))
async def test_strange_texts_in_any_field_are_taken_or_refused(server: ServeProcess, text: str) -> None:
    sound = {"data": text, "format": text}
    members: list[dict[str, object]] = [{name: text} for name, kinds in OF_HEAD.items() if str in kinds]
    members += [
        {"messages": [{"role": "user", "content": text, "name": text}]},
        {"messages": [{"role": text, "content": "a"}]},
        {"messages": [{"role": "user", "content": [{"type": text, "text": text}]}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": text}}]}]},
        {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_data": text}}]}]},
        {"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": sound}]}]},
        {"messages": [{"role": "user", "content": "a"}, {"role": "tool", "tool_call_id": text, "content": text}]},
        {"models": [text, MODEL]},
        {"stop": [text]},
        {"metadata": {text[:64]: text[:512]}},
        {"provider": {"only": [text]}},
        {"provider": {"order": [text], "sort": text}},
        {"provider": {text: 1}},
        {"tools": [{"type": "function", "function": {"name": text, "parameters": {text: text}}}]},
        {"tools": [{"type": text}]},
        {"tool_choice": {"type": "function", "function": {"name": text}}},
        {"response_format": {"type": text}},
        {"logit_bias": {text: 1}},
        {"plugins": [{"id": text}]},
        {text[:200] or "a": text},
    ]  # fmt: skip
    for changed in members:
        answer = await ask(server.port, question(**changed))
        if answer.status != 200:
            refused(answer, 400, 404)


async def test_lone_surrogates_are_taken_or_refused(server: ServeProcess) -> None:
    lone = b'"\\ud800"'
    for body in (
        *(member(b'"%b":%b' % (name.encode(), lone)) for name, kinds in OF_HEAD.items() if str in kinds),
        member(b'"metadata":{"a":%b}' % lone),
        member(b'"trace":{"a":%b}' % lone),
        member(b"%b:1" % lone),
        question(messages=[{"role": "user", "content": "@"}]).replace(b'"@"', lone),
        question(tools=[{"type": "function", "function": {"name": "f", "description": "@"}}]).replace(b'"@"', lone),
    ):
        answer = await ask(server.port, body)
        if answer.status != 200:
            refused(answer, 400, 404)


async def test_last_of_equal_keys_counts(server: ServeProcess) -> None:
    refused(await ask(server.port, member(b'"temperature":1,"temperature":"hot"')), 400)
    assert (await ask(server.port, member(b'"temperature":"hot","temperature":1'))).status == 200
    assert (await ask(server.port, member(b'"user":"a",' * 100_000 + b'"user":"b"'))).status == 200


def many(opening: bytes, item: bytes, count: int, closing: bytes) -> bytes:
    return member(opening + b",".join([item] * count) + closing)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            many(b'"tools":[', b'{"type":"function","function":{"name":"f"}}', 150_000, b"]"), id="tools"
        ),
        pytest.param(many(b'"tools":[', b"{}", 2_500_000, b"]"), id="empty tools"),
        pytest.param(many(b'"messages":[', HI[1:-1], 200_000, b"]"), id="messages"),
        pytest.param(
            many(b'"messages":[{"role":"user","content":[', b'{"type":"text","text":""}', 250_000, b"]}]"),
            id="parts",
        ),
        pytest.param(many(b'"models":[', b'"a/b"', 1_000_000, b"]"), id="models"),
        pytest.param(many(b'"stop":[', b'"a"', 1_000_000, b"]"), id="stops"),
        pytest.param(many(b'"plugins":[', b'{"id":"a"}', 500_000, b"]"), id="plugins"),
        pytest.param(member(b",".join(b'"a%d":1' % number for number in range(500_000))), id="members"),
        pytest.param(member(b'"logit_bias":{' + b",".join(b'"%d":1' % n for n in range(500_000)) + b"}"), id="biases"),
        pytest.param(many(b'"provider":{"only":[', b'"a"', 1_000_000, b"]}"), id="providers"),
        pytest.param(member(b'"tool_choice":"' + b"a" * 7_000_000 + b'"'), id="a long word"),
        pytest.param(member(b'"model":"' + b"a/" * 3_500_000 + b'"'), id="a long model"),
    ],
)  # fmt: skip
async def test_millions_of_anything_are_refused_or_taken_in_bounded_time(server: ServeProcess, body: bytes) -> None:
    before = server.rss_bytes()
    answer = await ask(server.port, body)
    if answer.status != 200:
        refused(answer, 400, 404)
    assert server.rss_bytes() - before < 400 * 1024 * 1024


ON_CHANGE = ("name", "limit", "limit_reset", "include_byok_in_limit", "disabled")
ON_CREATION = ("expires_at", "workspace_id", "creator_user_id")


@pytest.mark.parametrize("field", ON_CHANGE + ON_CREATION)
async def test_strange_values_of_key_fields_are_a_400(server: ServeProcess, field: str) -> None:
    listed = await send_raw(server.port, get(KEYS, key=MANAGEMENT_KEY))
    assert listed is not None
    path, method = (f"{KEYS}/{listed.json['data'][0]['hash']}", "PATCH") if field in ON_CHANGE else (KEYS, "POST")
    texts = ["\x00", "a" * 60_000, "'; DROP TABLE api_keys;--", "9999-99-99T00:00:00Z", "0001-01-01T00:00:00Z", ""]
    values = [msgspec.json.encode(value) for value in [*WRONG.values(), *texts, -1, 1e308, 2**63]]
    for value in [*values, b"9" * 500]:
        body = b'{"name":"k","%b":%b}' % (field.encode(), value)
        answer = await send_raw(server.port, post(path, body, key=MANAGEMENT_KEY, method=method))
        assert answer is not None
        if answer.status not in (200, 201):
            refused(answer, 400, 429)  # creations are counted, too
            assert field in answer.error["message"] or answer.status == 429
    good = b'{"disabled":false,"limit":null,"limit_reset":null}'
    if field in ON_CHANGE:
        restored = await send_raw(server.port, post(path, good, key=MANAGEMENT_KEY, method="PATCH"))
        assert restored is not None and restored.status == 200


async def test_strange_feedback_is_refused(server: ServeProcess) -> None:
    good = (await ask(server.port, question())).json["id"]
    for changed in ({"category": "x"}, {"category": 1}, {"comment": "a" * 5_000}, {"comment": "\x00"}, {"comment": []}):
        body = msgspec.json.encode({"generation_id": good, "category": "other", **changed})
        refused(await ask(server.port, body, path=FEEDBACK), 400, 413)
    for generation_id in ("", "\x00", "a" * 10_000, "' OR 1=1--", "gen-1"):
        body = msgspec.json.encode({"generation_id": generation_id, "category": "other"})
        refused(await ask(server.port, body, path=FEEDBACK), 400, 404)
    assert KEY not in server.log
