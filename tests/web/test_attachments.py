"""Files that go along with a prompt, read in a real browser (site.md CHAT-13, CHAT-14)."""

import base64
import io
import json
import struct
import wave
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.web.conftest import MANIFEST, OpenPage

READ = """
async ({ name, type, base64 }) => {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  try {
    const attachment = await files.readAttachment(new File([bytes], name, { type }));
    const part = files.contentPart(attachment);
    const model = (...input_modalities) => files.whyRefused({ input_modalities }, attachment);
    return { ...attachment, part, plain: model("text"), all: model("text", "image", "file", "audio", "video") };
  } catch (error) {
    return { refused: error instanceof files.AttachmentRefused ? error.message : `unexpected: ${error}` };
  }
}
"""
DRAW = """
async ({ width, height, type, isNoise }) => {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d");
  if (isNoise) {
    const pixels = pen.createImageData(width, height);
    for (let at = 0; at < pixels.data.length; at += 65536) crypto.getRandomValues(pixels.data.subarray(at, at + 65536));
    pen.putImageData(pixels, 0, 0);
  } else {
    pen.fillStyle = "teal";
    pen.fillRect(0, 0, width / 2, height);
  }
  return canvas.toDataURL(type).split(",")[1];
}
"""


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    page = open_page("/design")
    manifest: dict[str, dict[str, Any]] = json.loads(MANIFEST.read_text(encoding="utf-8"))
    address = f"/static/dist/{manifest['src/chat-files/index.ts']['file']}"
    page.evaluate("async (address) => { window.files = await import(address) }", address)
    return page


def read(page: Page, name: str, content: bytes | str, media_type: str = "") -> dict[str, Any]:
    encoded = content if isinstance(content, str) else base64.b64encode(content).decode()
    return page.evaluate(READ, {"name": name, "type": media_type, "base64": encoded})


def drawn(page: Page, width: int, height: int, media_type: str, *, is_noise: bool = False) -> str:
    return page.evaluate(DRAW, {"width": width, "height": height, "type": media_type, "isNoise": is_noise})


def test_small_pictures_stay_as_they_are_and_large_ones_are_made_smaller(page: Page) -> None:
    small = drawn(page, 40, 30, "image/png")
    kept = read(page, "small.png", small, "image/png")
    assert (kept["kind"], kept["width"], kept["height"], kept.get("note")) == ("image", 40, 30, None)
    assert kept["part"] == {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{small}"}}
    assert (kept["plain"], kept["all"]) == ("does not take pictures", None)
    large = read(page, "large.jpg", drawn(page, 4000, 3000, "image/jpeg"), "image/jpeg")
    assert (large["width"], large["height"]) == (2048, 1536)
    assert large["note"] == "made smaller: 4000×3000 → 2048×1536"
    assert large["mediaType"] == "image/jpeg"
    heavy = read(page, "heavy.png", drawn(page, 1800, 1800, "image/png", is_noise=True), "image/png")
    assert heavy["bytes"] <= 3_700_000
    assert heavy["mediaType"] == "image/jpeg"


def test_a_file_is_what_its_content_says(page: Page) -> None:
    picture = read(page, "notes.txt", drawn(page, 8, 8, "image/webp"), "text/plain")
    assert (picture["kind"], picture["mediaType"]) == ("image", "image/webp")
    pdf = read(page, "paper", b"%PDF-1.7\n\x00binary", "application/octet-stream")
    assert pdf["part"]["file"]["filename"] == "paper"
    assert pdf["part"]["file"]["file_data"].startswith("data:application/pdf;base64,")
    assert pdf["plain"] == "does not take PDF files"
    text = read(page, 'a"<b>.py', "prïnt(1)\n".encode(), "text/x-python")
    assert text["part"] == {"type": "text", "text": '<file name="a__b_.py">\nprïnt(1)\n\n</file>'}
    assert text["plain"] is None
    film = read(page, "clip.mp4", b"\x00\x00\x00\x18ftypisom" + bytes(20), "video/mp4")
    assert film["part"]["video_url"]["url"].startswith("data:video/mp4;base64,")
    assert film["plain"] == "does not take films"


def test_sound_is_sent_as_it_is_or_becomes_wav(page: Page) -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(struct.pack("<2h", 1000, -1000) * 800)
    kept = read(page, "a.wav", file.getvalue(), "audio/wav")
    assert kept["part"]["input_audio"] == {"data": base64.b64encode(file.getvalue()).decode(), "format": "wav"}
    assert kept["plain"] == "does not take sound"
    recorded: dict[str, Any] = page.evaluate(
        """async () => {
          const context = new AudioContext();
          const target = context.createMediaStreamDestination();
          const tone = context.createOscillator();
          tone.connect(target);
          tone.start();
          const recorder = new MediaRecorder(target.stream, { mimeType: "audio/webm" });
          const pieces = [];
          recorder.ondataavailable = ({ data }) => pieces.push(data);
          recorder.start();
          await new Promise((done) => setTimeout(done, 600));
          await new Promise((done) => { recorder.onstop = done; recorder.stop(); });
          await context.close();
          const file = new File(pieces, "voice.webm", { type: "audio/webm" });
          const attachment = await files.readAttachment(file);
          return { ...attachment, part: files.contentPart(attachment) };
        }"""
    )
    assert (recorded["kind"], recorded["mediaType"], recorded["note"]) == ("audio", "audio/wav", "made into WAV")
    content = base64.b64decode(recorded["part"]["input_audio"]["data"])
    with wave.open(io.BytesIO(content)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 16000)
        assert sound.getnframes() > 1600


def test_what_no_model_takes_is_refused_with_a_reason(page: Page) -> None:
    for name, content, reason in (
        ("empty.txt", b"", "is empty"),
        ("program.bin", b"\x7fELF\x00\x00", "neither text nor"),
        ("letter.docx", b"PK\x03\x04\x00", "as PDF"),
        ("latin.txt", b"caf\xe9", "UTF-8"),
        ("broken.png", b"\x89PNG\r\n\x1a\n" + bytes(50), "cannot be read as a picture"),
        ("broken.webm", b"\x1aE\xdf\xa3" + bytes(50), "cannot be read as sound"),
        ("long.txt", b"x" * (1024 * 1024 + 1), "larger than 1 MB"),
    ):
        media_type = "audio/webm" if name.endswith("webm") else ""
        assert reason in read(page, name, content, media_type)["refused"], name
