"""Multipart that nobody should send (operating.md OP-50): always a 4xx that says what is wrong, and nothing is kept."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.instance import Instance
from trunkline.api.uploads import FIELD_BYTES_MAX, HEADER_BYTES_MAX, HEADERS_MAX, PARTS_MAX

pytestmark = pytest.mark.asyncio(loop_scope="module")
TYPE = "multipart/form-data; boundary=b"
FILE = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhello\r\n'
END = b"--b--\r\n"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def instance(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Instance]:
    home: Path = tmp_path_factory.mktemp("hostile")
    async with Instance(home) as running:
        yield running
        assert list((home / "files").rglob("incoming/*")) == []


def part(name: str, content: bytes = b"x", headers: bytes = b"") -> bytes:
    return b'--b\r\nContent-Disposition: form-data; name="%s"\r\n%s\r\n%s\r\n' % (name.encode(), headers, content)


GOOD = {
    "plain": FILE + END,
    "no line after the end": FILE + b"--b--",
    "words before and after": b"preamble\r\n" + FILE + END + b"epilogue",
    "other fields": part("purpose", b"batch") + FILE + part("expires_after[anchor]", b"created_at") + END,
    "as many parts as may be": part("x") * (PARTS_MAX - 1) + FILE + END,
}
BAD = {
    "nothing": b"",
    "no parts": END,
    "no end": FILE,
    "cut in the header": FILE[:40],
    "cut in the content": FILE[:-4],
    "no file": part("purpose", b"batch") + END,
    "a text as file": part("file", b"report.pdf") + END,
    "two files": FILE + FILE + END,
    "empty": FILE.replace(b"hello", b"") + END,
    "too many parts": part("x") * PARTS_MAX + FILE + END,
    "too many headers": part("x", headers=b"X-A: b\r\n" * HEADERS_MAX) + FILE + END,
    "too long a header": part("x", headers=b"X-A: " + b"b" * HEADER_BYTES_MAX + b"\r\n") + FILE + END,
    "an endless header": b"--b\r\nX-A: " + b"b" * 1_000_000,
    "too long a name": part("x" * HEADER_BYTES_MAX) + FILE + END,
    "too long a field": part("x", b"x" * (FIELD_BYTES_MAX + 1)) + FILE + END,
    "a field that is no text": part("purpose", b"\xff\xfe") + FILE + END,
    "an unknown purpose": part("purpose", b"mischief") + FILE + END,
    "a name that is no UTF-8": FILE.replace(b"a.txt", b"\xff.txt") + END,
    "no header at all": b"--b\r\n\r\nhello\r\n" + END,
    "another boundary": FILE.replace(b"--b", b"--c") + END,
    "bare line feeds": (FILE + END).replace(b"\r\n", b"\n"),
    "JSON": b'{"file": "a"}',
    "a binary": FILE.replace(b"hello", bytes(range(32))) + END,
}


@pytest.mark.parametrize("name", GOOD)
async def test_forms_that_clients_may_send_are_taken(instance: Instance, name: str) -> None:
    answer = await instance.client.post("/files", content=GOOD[name], headers={"Content-Type": TYPE})
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert (made["filename"], made.get("size_bytes", made.get("bytes"))) == ("a.txt", 5)


@pytest.mark.parametrize("name", BAD)
async def test_forms_that_nobody_should_send_are_400(instance: Instance, name: str) -> None:
    answer = await instance.client.post("/files", content=BAD[name], headers={"Content-Type": TYPE})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["metadata"]["error_type"] == "invalid_request"


@pytest.mark.parametrize("content_type", [
    "", "application/json", "multipart/mixed; boundary=b", "multipart/form-data", "multipart/form-data; boundary=",
    f"multipart/form-data; boundary={'b' * 71}", 'multipart/form-data; boundary="', "multipart/form-data; boundary*=x",
])  # fmt: skip
async def test_what_is_no_form_with_a_boundary_is_400(instance: Instance, content_type: str) -> None:
    answer = await instance.client.post("/files", content=FILE + END, headers={"Content-Type": content_type})
    assert answer.status_code == 400, answer.text


async def test_a_compressed_form_is_415(instance: Instance) -> None:
    headers = {"Content-Type": TYPE, "Content-Encoding": "gzip"}
    assert (await instance.client.post("/files", content=FILE + END, headers=headers)).status_code == 415


@pytest.mark.parametrize("size", [1, 2, 3, 7, 61])
async def test_any_cut_of_a_form_gives_the_same_file(instance: Instance, size: int) -> None:
    form = part("purpose", b"vision") + FILE.replace(b"hello", b"he\r\n--\r\n--ab\r\nllo") + END

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(form), size):
            yield form[start : start + size]

    answer = await instance.client.post("/files", content=pieces(), headers={"Content-Type": TYPE})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["bytes"], answer.json()["purpose"]) == (len("he..--..--ab..llo"), "vision")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([*GOOD.values(), *BAD.values(), b"--b", b"\r\n", b"--b--", b"\x00"]), max_size=4))
async def test_no_mixture_of_forms_is_a_5xx(instance: Instance, pieces: list[bytes]) -> None:
    answer = await instance.client.post("/files", content=b"".join(pieces), headers={"Content-Type": TYPE})
    assert answer.status_code in (200, 400), answer.text
