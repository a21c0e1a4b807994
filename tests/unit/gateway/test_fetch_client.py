"""One fetch, against a real server on loopback that the guard is told to permit, or not."""

import asyncio
import gzip
from pathlib import Path

import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Call, Reply, body, garbage, head, raw
from tests.unit.gateway.transport.certificates import TestAuthority
from trunkline.gateway.fetch_client import REDIRECTS_MAX, FetchClient, Fetched, FetchFailed
from trunkline.gateway.fetch_guard import AddressGuard
from trunkline.gateway.transport.resolver import Found, Lookup
from trunkline.gateway.transport.tls import client_context
from trunkline.protocols.remote_media import FetchedMedia

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
LOOPBACK = ("127.0.0.0/8",)


async def fetch(
    url: str,
    *,
    allow: tuple[str, ...] = LOOPBACK,
    lookup: Lookup | None = None,
    limit_bytes: int = 4096,
    budget_bytes: int = 1 << 20,
) -> Fetched:
    client = FetchClient(AddressGuard(allow), lookup=lookup)
    try:
        return await client.get(url, limit_bytes, FetchedMedia(budget_bytes))
    finally:
        client.close()


async def refusal(url: str, **options: object) -> str:
    with pytest.raises(FetchFailed) as caught:
        await fetch(url, **options)  # pyright: ignore[reportArgumentType] -- keywords of a test
    return caught.value.reason


def redirect(location: str, status: int = 302) -> Reply:
    return body(b"", status=status, headers={"location": location})


async def test_content_comes_with_its_type_and_nothing_is_told_of_the_caller() -> None:
    async with FakeProvider() as server:
        server.then(body(PNG, content_type="Image/PNG; charset=x", headers={"set-cookie": "a=b"}))
        server.then(redirect("/b.png")).then(body(PNG))
        fetched = await fetch(f"{server.origin}/a.png?size=1")
        await fetch(f"{server.origin}/again.png")
        async with asyncio.timeout(2):
            await server.client_closed(2)
    assert (fetched.content_type, fetched.body) == ("image/png", PNG)
    first = server.requests[0]
    assert (first.method, first.path) == ("GET", "/a.png?size=1")
    assert {*first.headers} == {"host", "accept", "accept-encoding", "user-agent"}
    assert first.headers["host"] == server.origin.removeprefix("http://")
    assert all("cookie" not in request.headers for request in server.requests)
    assert server.connections == len(server.requests) == 3


async def test_address_that_is_not_public_is_refused_without_a_connection() -> None:
    async with FakeProvider() as server:
        assert "no address that this gateway may connect to" in await refusal(f"{server.origin}/a.png", allow=())
        assert server.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirect_is_followed_where_it_may_go(status: int) -> None:
    async with FakeProvider() as server:
        server.then(redirect("../b.png", status)).then(body(PNG))
        fetched = await fetch(f"{server.origin}/x/a.png")
        assert fetched.url == f"{server.origin}/b.png"


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.2:1/",
        "//169.254.169.254/latest/",
        "http://[::1]/",
        "http://localhost/",
        "http://2130706434/",
        "file:///etc/passwd",
        "http://u:p@127.0.0.1/",
        "http://[",
    ],
)
async def test_redirect_is_checked_like_the_url_itself(location: str) -> None:
    async with FakeProvider() as server:
        server.then(redirect(location))
        await refusal(f"{server.origin}/a.png", allow=("127.0.0.1/32",), lookup=only_this_machine)
        assert len(server.requests) == 1


async def only_this_machine(host: str) -> Found:
    return [(2, "127.0.0.2")]


async def test_redirects_end() -> None:
    async with FakeProvider() as server:
        server.always(redirect("/again"))
        assert "more than 3 times" in await refusal(f"{server.origin}/a.png")
        assert len(server.requests) == REDIRECTS_MAX + 1


async def test_name_that_changes_its_address_is_dialled_where_it_was_checked() -> None:
    answers = iter(["127.0.0.1", "127.0.0.2"])
    asked: list[str] = []

    async def rebinding(host: str) -> Found:
        asked.append(host)
        return [(2, next(answers))]

    async with FakeProvider() as server:
        server.always(body(PNG))
        port = server.origin.rpartition(":")[2]
        fetched = await fetch(f"http://rebinding.example:{port}/", allow=("127.0.0.1/32",), lookup=rebinding)
        assert fetched.body == PNG
        assert server.requests[0].headers["host"] == f"rebinding.example:{port}"
    assert asked == ["rebinding.example"]


async def test_name_that_turns_private_is_refused_when_it_is_asked_again() -> None:
    answers = {"first.example": "127.0.0.1", "second.example": "127.0.0.2"}

    async def lookup(host: str) -> Found:
        return [(2, answers[host])]

    async with FakeProvider() as server:
        port = server.origin.rpartition(":")[2]
        server.then(redirect(f"http://second.example:{port}/"))
        await refusal(f"http://first.example:{port}/", allow=("127.0.0.1/32",), lookup=lookup)
        assert len(server.requests) == 1


async def test_announced_size_is_refused_before_it_is_read() -> None:
    async with FakeProvider() as server:
        server.then(raw(head(200, length=5000), ending="hang"))
        assert "larger than" in await refusal(f"{server.origin}/a.png")


async def test_size_that_was_not_announced_is_bounded() -> None:
    async def endless(call: Call) -> None:
        await call.send(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(64):
            await call.send(b"x" * 1024)
        call.end("hang")

    async with FakeProvider() as server:
        server.then(endless)
        assert "larger than" in await refusal(f"{server.origin}/a.png")


async def test_compressed_content_is_bounded_by_what_it_unfolds_to() -> None:
    async with FakeProvider() as server:
        bomb = gzip.compress(bytes(1 << 20))
        assert len(bomb) < 4096
        server.then(body(bomb, headers={"content-encoding": "gzip"}))
        assert "larger than" in await refusal(f"{server.origin}/a.png")


async def test_all_media_of_a_request_are_bounded_together() -> None:
    async with FakeProvider() as server:
        server.always(body(bytes(3000)))
        client, budget = FetchClient(AddressGuard(LOOPBACK)), FetchedMedia(5000)
        await client.get(server.origin, 4096, budget)
        with pytest.raises(FetchFailed, match="together"):
            await client.get(server.origin, 4096, budget)
        client.close()


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (body(b"no", status=404), "status 404"),
        (body(b"", status=302), "status 302"),
        (garbage(), "proper HTTP"),
        (raw(head(200, length=100) + b"half"), "broke"),
    ],
)
async def test_failure_is_told_in_words(reply: Reply, reason: str) -> None:
    async with FakeProvider() as server:
        server.then(reply)
        assert reason in await refusal(f"{server.origin}/a.png")


async def test_fetch_that_is_given_up_leaves_no_connection_behind() -> None:
    async with FakeProvider() as server:
        server.then(raw(head(200, length=100), ending="hang"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await fetch(f"{server.origin}/a.png")
        await server.client_closed(0)


@pytest.mark.parametrize(("host", "is_proven"), [("media.example", True), ("other.example", False)])
async def test_certificate_must_be_the_names_and_not_the_addresss(tmp_path: Path, host: str, is_proven: bool) -> None:
    async def lookup(name: str) -> Found:
        return [(2, "127.0.0.1")]

    authority = TestAuthority(tmp_path)
    async with FakeProvider(tls=authority.server_context("media.example")) as server:
        server.always(body(PNG))
        client = FetchClient(AddressGuard(LOOPBACK), lookup=lookup, tls=client_context(authority.ca_file))
        url = f"https://{host}:{server.origin.rpartition(':')[2]}/a.png"
        if is_proven:
            assert (await client.get(url, 4096, FetchedMedia(4096))).body == PNG
        else:
            with pytest.raises(FetchFailed, match="TLS certificate"):
                await client.get(url, 4096, FetchedMedia(4096))
        client.close()
