"""Callers that break HTTP itself, against the real program (operating.md OP-50)."""

import asyncio
import contextlib
import gzip
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.hostile import (
    ANSWER_S_MAX,
    BODY_S_MAX,
    CHAT,
    HEAD_S_MAX,
    KEYS,
    REQUEST_MIB_MAX,
    ask,
    fortress,
    question,
    refused,
    refused_or_closed,
    still_answers,
)
from tests.instance import KEY, MANAGEMENT_KEY
from tests.process import ServeProcess
from tests.raw_http import connection, get, post, read_answer, send_raw

pytestmark = pytest.mark.asyncio(loop_scope="module")
BODY = question()
CHUNKED = "Transfer-Encoding: chunked"
ONE_CHUNK = b"%x\r\n%b\r\n" % (len(BODY), BODY)
FLOOD = [b"x" * 65_536] * 800
"""50 MiB."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServeProcess]:
    async with fortress(tmp_path_factory.mktemp("fortress") / "home") as running:
        yield running


def chat(body: bytes, *headers: str, length: int | None = None, version: str = "1.1") -> bytes:
    return post(CHAT, body, *headers, key=KEY, length=length, version=version)


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(chat(BODY, CHUNKED), id="length and chunks: smuggling"),
        pytest.param(chat(BODY, "Transfer-Encoding: xchunked", length=-1), id="unknown transfer encoding"),
        pytest.param(chat(BODY, "Transfer-Encoding: chunked, identity", length=-1), id="chunked is not the last"),
        pytest.param(chat(BODY, "Content-Length: 3"), id="two lengths"),
        pytest.param(chat(BODY, "Content-Length: -3", length=-1), id="negative length"),
        pytest.param(chat(BODY, "Content-Length: " + "9" * 40, length=-1), id="length beyond 64 bit"),
        pytest.param(chat(BODY, "Content-Length: 0x10", length=-1), id="hexadecimal length"),
        pytest.param(chat(b"zz\r\n" + BODY, CHUNKED, length=-1), id="chunk size is no number"),
        pytest.param(chat(b"-5\r\n" + BODY, CHUNKED, length=-1), id="negative chunk"),
        pytest.param(chat(b"F" * 20 + b"\r\n" + BODY, CHUNKED, length=-1), id="chunk beyond 64 bit"),
        pytest.param(chat(b"3\r\nabcdef\r\n0\r\n\r\n", CHUNKED, length=-1), id="chunk longer than it says"),
        pytest.param(get("/healthz", "X-A: b\r\n c"), id="folded header"),
        pytest.param(get("/healthz", "X-A: b\x00c"), id="NUL in a header"),
        pytest.param(get("/healthz", "X-A: b\rc"), id="CR in a header"),
        pytest.param(get("/healthz", "X-A : b"), id="blank before the colon"),
        pytest.param(get("/healthz", ": b"), id="header without a name"),
        pytest.param(b"GET /healthz HTTP/1.1\nHost: a\n\n", id="bare line feeds"),
        pytest.param(get("healthz"), id="target without a slash"),
        pytest.param(get("/\xff\xfe"), id="target that is no ASCII"),
        pytest.param(b"GET / HTTP/9.9\r\nHost: a\r\n\r\n", id="unknown version"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2"),
        pytest.param(b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", id="CONNECT"),
        pytest.param(get("/healthz", method="FOO"), id="unknown method"),
        pytest.param(get("/healthz", method="get"), id="method in lower case"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00" * 100, id="TLS"),
        pytest.param(b"\x00" * 1000, id="NULs"),
    ],
)
async def test_broken_http_is_a_400(server: ServeProcess, request_bytes: bytes) -> None:
    refused(await send_raw(server.port, request_bytes), 400)


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([get("/healthz", *[f"X-{number}: 1" for number in range(500)])], id="many headers"),
        pytest.param([b"GET /healthz HTTP/1.1\r\n", *[b"X: y\r\n" * 10_000] * 500], id="headers without end"),
        pytest.param([b"GET /healthz HTTP/1.1\r\nX: ", *FLOOD], id="a header without end"),
        pytest.param([b"GET /", *FLOOD], id="a target without end"),
        pytest.param([chat(ONE_CHUNK + b"0\r\n", CHUNKED, length=-1), *[b"a: b\r\n" * 10_000] * 500], id="trailers"),
        pytest.param([chat(ONE_CHUNK + b"0\r\na: ", CHUNKED, length=-1), *FLOOD], id="a trailer without end"),
        pytest.param([chat(b"5;", CHUNKED, length=-1), *FLOOD], id="a chunk extension without end"),
        pytest.param([chat(b"", CHUNKED, length=-1), *[b"0" * 65_536] * 800], id="a chunk size without end"),
    ],
)
async def test_what_stands_around_a_body_is_bounded(server: ServeProcess, pieces: list[bytes]) -> None:
    before = server.rss_bytes()
    refused_or_closed(await send_raw(server.port, *pieces), 431)
    assert server.rss_bytes() - before < 8 * 1024 * 1024


async def test_body_beyond_the_limit_is_a_413_however_it_is_framed(server: ServeProcess) -> None:
    too_much = b" " * (REQUEST_MIB_MAX * 1024 * 1024 + 1)
    refused(await send_raw(server.port, chat(BODY, length=100 * 1024 * 1024)), 413)
    refused_or_closed(await send_raw(server.port, chat(too_much)), 413)
    chunks = [b"10000\r\n" + b" " * 65_536 + b"\r\n"] * 1600
    refused_or_closed(await send_raw(server.port, chat(b"", CHUNKED, length=-1), *chunks), 413)
    keys = post(KEYS, b"", CHUNKED, key=MANAGEMENT_KEY, length=-1)
    refused_or_closed(await send_raw(server.port, keys, *chunks), 413)


@pytest.mark.parametrize("path", [CHAT, KEYS])
@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip", "\xff"])
async def test_compressed_body_is_a_415_that_says_what_to_do(server: ServeProcess, path: str, encoding: str) -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    key = KEY if path == CHAT else MANAGEMENT_KEY
    answer = await ask(server.port, bomb, f"Content-Encoding: {encoding}", path=path, key=key)
    refused(answer, 415)
    assert "Content-Encoding" in answer.error["message"]
    assert (await ask(server.port, BODY, "Content-Encoding: identity")).status == 200


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(chat(BODY, version="1.0"), id="HTTP/1.0"),
        pytest.param(chat(ONE_CHUNK + b"0\r\n\r\n", CHUNKED, length=-1), id="chunks"),
        pytest.param(chat(ONE_CHUNK + b"0\r\nX-Sum: 1\r\n\r\n", CHUNKED, length=-1), id="a trailer"),
        pytest.param(chat(BODY, "Expect: 100-continue"), id="expects 100"),
        pytest.param(chat(BODY, "Accept: application/xml"), id="wants XML"),
        pytest.param(chat(BODY, "Content-Type: text/plain; charset=latin-1"), id="says it is text"),
        pytest.param(post("http://evil.example" + CHAT, BODY, key=KEY), id="absolute target"),
        pytest.param(post(CHAT + "?" + "a=1&" * 10_000, BODY, key=KEY), id="giant query"),
        pytest.param(
            chat(BODY, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAEAAEAA"),
            id="offers HTTP/2 as Java does",
        ),
        pytest.param(chat(BODY, "Connection: Upgrade", "Upgrade: websocket"), id="offers a websocket"),
    ],
)
async def test_odd_but_lawful_requests_are_answered(server: ServeProcess, request_bytes: bytes) -> None:
    answer = await send_raw(server.port, request_bytes)
    assert answer is not None and answer.status == 200, answer
    assert answer.headers["content-type"] == "application/json"


async def test_body_of_a_request_that_offers_another_protocol_is_never_read_as_a_request(server: ServeProcess) -> None:
    smuggled = get("/api/v1/key", key=KEY)
    async with connection(server.port) as (reader, writer):
        writer.write(chat(smuggled, "Connection: Upgrade", "Upgrade: h2c"))
        refused(await read_answer(reader), 400)
        writer.write(get("/healthz"))
        answer = await read_answer(reader)
        assert answer is not None and answer.json == {"status": "ok"}


@pytest.mark.parametrize(
    "target",
    [
        "/api/v1/%00",
        "/api/v1/../../../etc/passwd",
        "/api/v1/..%2f..%2fetc%2fpasswd",
        "/api/v1/keys/%ff%fe",
        "/api/v1/keys/%0d%0aSet-Cookie:%20a=b",
        "/api/v1/keys/" + "a" * 20_000,
        "/api/v1/keys/';DROP%20TABLE%20api_keys;--",
        "//evil.example/%2e%2e",
        "/api/v1//keys",
        "/api/v1/" + "a/" * 5_000,
        "/api/v1/models/%00/%00/endpoints",
        "/api/v1/models/..%2f../x/endpoints",
        "/api/v1/generation?id=%00",
        "/api/v1/generation?id=gen-1'%20OR%20'1'='1",
        "/api/v1/generation?id=" + "a" * 20_000,
        "/api/v1/generation/content?id=%ff",
        "/api/v1/<script>alert(1)</script>",
    ],
)
async def test_strange_paths_and_ids_are_a_404_that_repeats_little(server: ServeProcess, target: str) -> None:
    answer = await send_raw(server.port, get(target, key=MANAGEMENT_KEY))
    refused(answer, 404)
    assert answer is not None and "set-cookie" not in answer.headers and len(answer.body) < 1500


@pytest.mark.parametrize("value", ["-1", "1e3", "NaN", "9" * 40, "%D9%A1", "%00", "true", "1'--", "a" * 5000])
async def test_strange_numbers_in_a_query_are_a_400(server: ServeProcess, value: str) -> None:
    refused(await send_raw(server.port, get(f"/api/v1/keys?offset={value}", key=MANAGEMENT_KEY)), 400)


async def test_every_other_method_is_a_405_that_names_the_right_ones(server: ServeProcess) -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "PURGE"):
        answer = await send_raw(server.port, get(CHAT, key=KEY, method=method))
        refused(answer, 405)
        assert answer is not None and answer.headers["allow"] == "OPTIONS, POST"


@pytest.mark.parametrize("path", ["/api/v1/models/count", CHAT, "/nope", "/healthz", "/api/v1/keys"])
async def test_head_has_the_status_of_get_and_no_body(server: ServeProcess, path: str) -> None:
    async with connection(server.port) as (reader, writer):
        writer.write(get(path, method="HEAD"))
        head = await asyncio.wait_for(read_answer(reader, to_head=True), 5)
        writer.write(get(path))
        body = await asyncio.wait_for(read_answer(reader), 5)
        assert head is not None and body is not None
        assert head.status == body.status


async def test_preflight_allows_what_is_asked_and_splits_no_header(server: ServeProcess) -> None:
    for path in (CHAT, "/api/v1/keys", "*", "/nope"):
        asked = get(path, "Access-Control-Request-Headers: authorization,x-a", "Origin: http://evil", method="OPTIONS")
        answer = await send_raw(server.port, asked)
        assert answer is not None and answer.status == 204
        assert answer.headers["access-control-allow-headers"] == "authorization,x-a"
        assert "access-control-allow-credentials" not in answer.headers
    strange = get(CHAT, "Access-Control-Request-Headers: \xff\xfe, x" + "a" * 30_000, method="OPTIONS")
    answer = await send_raw(server.port, strange)
    assert answer is not None and answer.status == 204


@pytest.mark.parametrize(
    "value", ["Bearer \xff\xfe", "Bearer " + "x" * 60_000, "Bearer", "Basic YTpi", "Bearer a b", ""]
)
async def test_strange_credentials_are_a_401_that_repeats_nothing(server: ServeProcess, value: str) -> None:
    for request in (get("/api/v1/key", f"Authorization: {value}"), post(CHAT, BODY, f"Authorization: {value}")):
        answer = await send_raw(server.port, request)
        refused(answer, 401)
        assert answer is not None and len(answer.body) < 300


async def test_head_that_comes_byte_by_byte_is_a_408(server: ServeProcess) -> None:
    async with connection(server.port) as (reader, writer):
        began_s = time.monotonic()
        drip = asyncio.get_running_loop().create_task(dripped(writer, b"GET /healthz HTTP/1.1\r\n" + b"X: y\r\n" * 100))
        refused_or_closed(await asyncio.wait_for(read_answer(reader), HEAD_S_MAX + 3), 408)
        assert time.monotonic() - began_s < HEAD_S_MAX + 3
        drip.cancel()


@pytest.mark.parametrize(("path", "key"), [(CHAT, KEY), (KEYS, MANAGEMENT_KEY)], ids=["chat", "keys"])
async def test_body_that_comes_byte_by_byte_is_a_408(server: ServeProcess, path: str, key: str) -> None:
    async with connection(server.port) as (reader, writer):
        writer.write(post(path, b"", key=key, length=5_000))
        drip = asyncio.get_running_loop().create_task(dripped(writer, b" " * 5_000))
        refused(await asyncio.wait_for(read_answer(reader), BODY_S_MAX + 3), 408)
        drip.cancel()


async def test_rest_of_an_answered_request_is_not_waited_for_without_end(server: ServeProcess) -> None:
    async with connection(server.port) as (reader, writer):
        writer.write(post(CHAT, b"", length=5_000))
        refused(await read_answer(reader), 401)
        drip = asyncio.get_running_loop().create_task(dripped(writer, b" " * 5_000))
        assert await asyncio.wait_for(reader.read(), HEAD_S_MAX + 4) == b""
        drip.cancel()


async def test_idle_connections_by_the_hundred_go_away(server: ServeProcess) -> None:
    open_ones = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(300)]
    await still_answers(server)
    for reader, writer in open_ones:
        assert await asyncio.wait_for(reader.read(), HEAD_S_MAX + 4) == b""
        writer.close()


async def test_half_closed_and_reset_connections_leave_nothing_behind(server: ServeProcess) -> None:
    stream = chat(question(stream=True))
    for pieces in ([b""], [b"GET /he"], [chat(BODY, length=9_000)], [chat(BODY)], [stream]):
        refused_or_closed_or_answered = await send_raw(server.port, *pieces, half_close=True)
        assert refused_or_closed_or_answered is None or refused_or_closed_or_answered.status < 500
        async with connection(server.port) as (_, writer):
            writer.writelines(pieces)
            await writer.drain()


async def test_pipelined_requests_are_answered_in_order(server: ServeProcess) -> None:
    async with connection(server.port) as (reader, writer):
        writer.write(get("/healthz") + chat(BODY) + get("/nope") + get("/api/v1/models/count"))
        answers = [await asyncio.wait_for(read_answer(reader), 5) for _ in range(4)]
        assert [answer.status for answer in answers if answer is not None] == [200, 200, 404, 200]


async def test_pipelined_requests_that_offer_another_protocol_are_answered_too(server: ServeProcess) -> None:
    offer = chat(BODY, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAEAAEAA")
    async with connection(server.port) as (reader, writer):
        writer.write(offer * 3)
        answers = [await asyncio.wait_for(read_answer(reader), 5) for _ in range(3)]
        assert [answer.status for answer in answers if answer is not None] == [200, 200, 200]


async def test_head_that_is_not_read_behind_a_long_answer_is_not_late(server: ServeProcess) -> None:
    """Reading stops with the second request: the rest of the third is there, and waits with us."""
    slow, head = chat(question(user=f"sandbox:ttft={HEAD_S_MAX + 2}")), get("/healthz")
    async with connection(server.port) as (reader, writer):
        writer.write(slow + head + head[:9])
        await asyncio.sleep(0.1)
        writer.write(head[9:])
        answers = [await asyncio.wait_for(read_answer(reader), 10) for _ in range(3)]
        assert [answer.status for answer in answers if answer is not None] == [200, 200, 200]


async def test_requests_do_not_pile_up_behind_one_that_is_being_answered(server: ServeProcess) -> None:
    """Whole requests in every read, so that no unfinished head gives the flood away."""
    count = 5_000
    before = server.rss_bytes()
    async with connection(server.port) as (reader, writer):
        for _ in range(count // 100):
            writer.write(get("/healthz") * 100)
            await asyncio.sleep(0.002)
        answers = (await asyncio.wait_for(until_closed(reader), 10)).count(b"HTTP/1.1 200 OK")
    assert answers < count
    assert server.rss_bytes() - before < 8 * 1024 * 1024


async def test_client_that_takes_nothing_of_its_answers_is_let_go(server: ServeProcess) -> None:
    """Megabytes of models that nobody reads: the connection ends, and little is kept for it meanwhile."""
    whole = await send_raw(server.port, get("/api/v1/models"))
    assert whole is not None
    before = server.rss_bytes()
    async with connection(server.port) as (reader, writer):
        writer.transport.pause_reading()
        writer.write(get("/api/v1/models") * 60)
        await asyncio.sleep(ANSWER_S_MAX + 2.5)
        assert server.rss_bytes() - before < 16 * 1024 * 1024
        writer.transport.resume_reading()
        taken = await asyncio.wait_for(until_closed(reader), 5)
    assert len(taken) < 60 * len(whole.body)


async def until_closed(reader: asyncio.StreamReader) -> bytes:
    """What comes until the end, be it polite or not."""
    taken = bytearray()
    with contextlib.suppress(ConnectionError):
        while piece := await reader.read(65_536):
            taken += piece
    return bytes(taken)


async def dripped(writer: asyncio.StreamWriter, data: bytes) -> None:
    for byte in data:
        writer.write(bytes([byte]))
        await asyncio.sleep(0.05)
