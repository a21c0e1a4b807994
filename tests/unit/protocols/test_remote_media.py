"""Which URLs each format needs the content of, and how the content takes their place."""

import pytest

from trunkline.gateway.upstreams import UPSTREAMS
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.remote_media import Addressed, RemoteMedia, remote_media, with_content
from trunkline.protocols.requests import Audio, CacheMarker, File, GenerationRequest, Image, Message, Text, Video

PDF, TXT, PNG = (f"https://example.com/a.{ending}" for ending in ("pdf", "txt", "png"))


def target(model: str) -> UpstreamTarget:
    return UpstreamTarget(provider="p", upstream_model=model, supported_parameters=frozenset())


@pytest.mark.parametrize(
    ("protocol", "part", "needed"),
    [
        ("openai-chat", Image("http://example.com/a"), False),
        ("openai-responses", File("http://example.com/a.pdf"), False),
        ("openai-responses", Video("http://example.com/a.mp4"), False),
        ("anthropic-messages", Image(PNG), False),
        ("anthropic-messages", Image("http://example.com/a.png"), True),
        ("anthropic-messages", File(PDF), False),
        ("anthropic-messages", File("https://example.com/unknown"), False),
        ("anthropic-messages", File(TXT), True),
        ("anthropic-messages", File(file_id="file_1"), False),
        ("anthropic-messages", Video("https://example.com/a.mp4"), False),
        ("google-gemini", Image(PNG), False),
        ("google-gemini", Image("https://example.com/a"), True),
        ("google-gemini", Image("http://example.com/a.png"), True),
        ("google-gemini", File(PDF), False),
        ("google-gemini", Video("https://example.com/a.mp4"), True),
        ("google-gemini", Video("https://youtu.be/abc"), False),
    ],
)
def test_format_tells_whether_it_needs_the_content(protocol: str, part: Addressed, needed: bool) -> None:
    assert UPSTREAMS[protocol].needs_content(part, target("gemini-3-flash-preview")) is needed


def test_every_url_is_found_once_where_it_stands_first_and_data_is_left_alone() -> None:
    data = "data:image/png;base64,AAAA"
    request = GenerationRequest(
        messages=(
            Message(role="system", parts=(Text("https://example.com/a.png"),)),
            Message(
                role="user",
                parts=(Text("x"), Image(PNG, "high", CacheMarker(), "1"), Image(data), File(PDF, "a.pdf", at="3")),
            ),
            Message(
                role="user",
                parts=(Image(PNG), File(PNG, at="5"), Video(PNG), File(file_id="f", at="7"), Audio("AAAA", "wav")),
            ),
        )
    )
    found = remote_media(request, lambda part: not isinstance(part, Video))
    assert found == (
        RemoteMedia("image", PNG, "1"),
        RemoteMedia("file", PDF, "3"),
        RemoteMedia("file", PNG, "5"),
        RemoteMedia("upload", "f", "7"),
    )
    filled = with_content(request, {("image", PNG): data, ("file", PDF): "data:application/pdf;base64,BBBB"})
    assert filled.messages[0] is request.messages[0]
    assert filled.messages[1].parts == (
        Text("x"),
        Image(data, "high", CacheMarker(), "1"),
        Image(data),
        File("data:application/pdf;base64,BBBB", "a.pdf", at="3"),
    )
    assert filled.messages[2].parts[:3] == (Image(data), File(PNG, at="5"), Video(PNG))


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("data:application/pdf;base64,AA==", File("data:application/pdf;base64,AA==", "stored", cache=CacheMarker())),
        ("data:image/webp;base64,AA==", Image("data:image/webp;base64,AA==", cache=CacheMarker())),
        ("data:audio/mpeg;base64,AA==", Audio("AA==", "mp3", CacheMarker())),
    ],
)
def test_an_upload_becomes_a_part_of_its_own_kind(content: str, part: object) -> None:
    asked = (File(file_id="f", cache=CacheMarker()), File(file_id="unknown"), File("data:,", file_id="f"))
    request = GenerationRequest(messages=(Message(role="user", parts=asked),))
    filled = with_content(request, {("upload", "f"): content}, {"f": "stored"})
    assert filled.messages[0].parts == (part, *asked[1:])
