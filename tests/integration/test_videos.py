"""Video jobs through a whole instance (inference.md 25), in front of scripted upstreams and of the Sandbox."""

import asyncio
import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Call, body, failure, head
from tests.instance import KEY, Instance, endpoint
from tests.reference import problems, requires_reference, response_schema
from trunkline.gateway.callbacks import retry_at_ms, signature
from trunkline.providers.sandbox.videos import mp4
from trunkline.settings import Fetching, Videos
from trunkline.videos import repository

MODEL = "google/veo-3.1"
PRICES = {"prompt": "0", "completion": "0", "units": [{"label": "Output", "unit": "second", "usd": "0.1"}]}
FILM = mp4("a film")
QUICK = Videos(poll_seconds=0.05)
LOOPBACK = Fetching(allow_networks=("127.0.0.0/8",))


def instance_with(home: Path, provider: FakeProvider, protocol: str = "openai-videos", **settings: Any) -> Instance:
    members = {"openai-videos": ("openai", "sora-2"), "google-veo": ("google-ai-studio", "veo-3.1")}
    name, upstream_model = members.get(protocol, ("xai", "grok-imagine-video-1.5"))
    if protocol == "vertex-veo":
        name = "google-vertex"
    entry = endpoint(MODEL, provider, name, protocol=protocol, upstream_model=upstream_model, pricing=PRICES)
    return Instance(home, endpoints=[entry], videos=settings.pop("videos", QUICK), fetching=LOOPBACK, **settings)


async def submit(instance: Instance, **members: Any) -> Any:
    return await instance.client.post("/videos", json={"model": MODEL, "prompt": "a cat", **members})


async def ended(instance: Instance, job_id: str) -> Any:
    async with asyncio.timeout(20):
        while True:
            job = (await instance.client.get(f"/videos/{job_id}")).json()
            if job["status"] not in ("pending", "in_progress"):
                return job
            await asyncio.sleep(0.05)


def like_openai(provider: FakeProvider, states: list[dict[str, Any]]) -> None:
    """Jobs are taken on; asking after them gives these, then the last for ever."""

    async def ask(call: Call) -> None:
        await body({"id": "up-1", **(states.pop(0) if len(states) > 1 else states[0])})(call)

    provider.when(lambda request: request.method == "POST", body({"id": "up-1", "status": "queued"}))
    provider.when(lambda request: request.path.endswith("/content"), body(FILM, content_type="video/mp4"))
    provider.always(ask)


@requires_reference
async def test_a_job_lives_from_submission_to_download_and_is_billed_once(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        like_openai(provider, [{"status": "queued"}, {"status": "in_progress"}, {"status": "completed"}])
        submitted = await submit(instance, duration=4, size="1280x720", user="somebody")
        assert submitted.status_code == 202, submitted.text
        assert not problems(submitted.json(), response_schema("/videos", "post", 202))
        assert submitted.json()["status"] == "pending"
        assert submitted.json()["polling_url"].endswith(f"/api/v1/videos/{submitted.json()['id']}")
        assert instance.app._shared.open_holds() == 1
        assert await instance.usage() == 0
        job = await ended(instance, submitted.json()["id"])
        assert not problems(job, response_schema("/videos/{jobId}"))
        assert (job["status"], job["usage"]) == ("completed", {"cost": 0.4, "is_byok": False})
        assert provider.requests[0].json == {"model": "sora-2", "prompt": "a cat", "seconds": "4", "size": "1280x720"}
        film = await instance.client.get(f"/videos/{job['id']}/content", params={"index": 0})
        assert (film.content, film.headers["content-type"]) == (FILM, "video/mp4")
        record = await instance.generation(job["generation_id"])
        assert (record["api_type"], record["total_cost"], record["num_media_completion"]) == ("video", 0.4, 1)
        assert (record["external_user"], record["model"]) == ("somebody", MODEL)
        assert await instance.usage() == 0.4
        assert instance.app._shared.open_holds() == 0
        assert not await instance.audit()


async def test_a_failed_job_says_why_and_costs_nothing(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        like_openai(provider, [{"status": "failed", "error": {"message": "no cats today"}}])
        job = await ended(instance, (await submit(instance)).json()["id"])
        assert (job["status"], job["error"]) == ("failed", "no cats today")
        assert (await instance.client.get(f"/videos/{job['id']}/content")).status_code == 400
        assert (await instance.generation(job["generation_id"]))["total_cost"] == 0
        assert await instance.usage() == 0
        assert instance.app._shared.open_holds() == 0
        assert not await instance.audit()


async def test_a_job_survives_a_restart_and_a_provider_that_is_away(tmp_path: Path) -> None:
    async with FakeProvider() as provider:
        states = [{"status": "queued"}]
        like_openai(provider, states)
        async with instance_with(tmp_path, provider) as instance:
            job_id = (await submit(instance, duration=8)).json()["id"]
            await provider.received(3)
        async with instance_with(tmp_path, provider) as instance:
            seen = len(provider.requests)
            provider.then(failure(500)).then(body("<html>"))
            await provider.received(seen + 3)
            assert instance.app._shared.open_holds() == 1  # reserved again
            states[0] = {"status": "completed"}
            assert (await ended(instance, job_id))["usage"]["cost"] == 0.8
            assert await instance.usage() == 0.8
            assert not await instance.audit()


async def test_a_job_that_ended_while_its_record_was_there_is_not_billed_again(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        like_openai(provider, [{"status": "completed"}])
        job_id = (await submit(instance, duration=4)).json()["id"]
        await ended(instance, job_id)
        database, account_id = instance.app._database, await _account(instance)
        balance = await instance.app._shared.balance(account_id)

        def reopen(connection: Any) -> None:
            connection.execute(text("UPDATE video_jobs SET status='pending', due_at_ms=0"))

        await database.write(reopen)
        job = await ended(instance, job_id)
        assert job["status"] == "completed"
        assert await instance.usage() == 0.4
        assert balance is not None and await instance.app._shared.balance(account_id) == balance
        assert not await instance.audit()


async def test_two_processes_never_work_on_the_same_job(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider, videos=Videos(poll_seconds=600)) as one:
        like_openai(provider, [{"status": "queued"}])
        for _ in range(5):
            assert (await submit(one)).status_code == 202
        late_ms = one.app._clock.now_ms() + 3_600_000
        claims = await asyncio.gather(
            *(one.app._database.write(repository.claim, late_ms, late_ms + 60_000, 3) for _ in range(3))
        )
        found = [job.id for jobs in claims for job in jobs]
        assert len(found) == len(set(found)) == 5
        again = await one.app._database.write(repository.claim, late_ms + 60_001, late_ms + 120_000, 9)
        assert len(again) == 5  # leases that lapsed
        stale = claims[0][0]
        assert not await one.app._database.write(repository.save, stale, stale.lease_until_ms)


async def test_a_job_that_takes_too_long_expires(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        like_openai(provider, [{"status": "queued"}])
        job_id = (await submit(instance)).json()["id"]

        def age(connection: Any) -> None:
            connection.execute(text("UPDATE video_jobs SET expires_at_ms=0"))

        await instance.app._database.write(age)
        job = await ended(instance, job_id)
        assert (job["status"], job["error"]) == ("expired", "Job exceeded maximum time to live")
        assert await instance.usage() == 0


async def test_jobs_of_others_are_404(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        like_openai(provider, [{"status": "completed"}])
        job_id = (await submit(instance)).json()["id"]

        def give_away(connection: Any) -> None:
            connection.execute(text("UPDATE video_jobs SET account_id='user_other'"))

        await instance.app._database.write(give_away)
        for path in (f"/videos/{job_id}", f"/videos/{job_id}/content", "/videos/job-nothing"):
            assert (await instance.client.get(path)).status_code == 404
        assert (await instance.connect(None).get(f"/videos/{job_id}")).status_code == 401


URL = "frame_images[0].image_url.url"
PNG = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
REFUSED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"prompt": ""}, "prompt"),
    ({"duration": 0}, "duration"),
    ({"duration": 5}, "duration"),
    ({"duration": "4"}, "duration"),
    ({"resolution": "8K"}, "resolution"),
    ({"resolution": "480p"}, "resolution"),
    ({"aspect_ratio": "5:1"}, "aspect_ratio"),
    ({"aspect_ratio": "1:1"}, "aspect_ratio"),
    ({"size": "large"}, "size"),
    ({"size": "1280x720", "aspect_ratio": "9:16"}, "size"),
    ({"size": "1280x720", "resolution": "1080p"}, "size"),
    ({"callback_url": "http://example.com"}, "callback_url"),
    ({"callback_url": 5}, "callback_url"),
    ({"creativity": 3}, "upscale_factor"),
    ({"upscale_factor": 2}, "upscale_factor"),
    ({"upscale_factor": 0}, "upscale_factor"),
    ({"frame_images": [{**PNG, "frame_type": "middle"}]}, "frame_images[0].frame_type"),
    ({"frame_images": [{**PNG, "frame_type": "first_frame"}] * 2}, "frame_images[1].frame_type"),
    ({"frame_images": [{**PNG, "frame_type": "first_frame"}]}, "frame_images"),
    ({"frame_images": [{"type": "image_url", "image_url": {"url": "x"}, "frame_type": "last_frame"}]}, URL),
    ({"input_references": [{"type": "text"}]}, "input_references[0]"),
    ({"provider": {"order": ["openai"]}}, "provider.order"),
)


async def test_what_is_no_request_for_a_video_is_a_400_that_names_the_field(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        for members, field in REFUSED:
            refused = await submit(instance, **members)
            assert refused.status_code == 400, (members, refused.text)
            assert refused.json()["error"]["metadata"]["field"].startswith(field), (members, refused.text)
        assert not provider.requests
        assert (await submit(instance, model="nobody/nothing")).status_code == 404
        wrong = await submit(instance, model="openai/gpt-4o-mini")
        assert (wrong.status_code, wrong.json()["error"]["availability"]["code"]) == (400, "wrong_endpoint")
        assert instance.app._shared.open_holds() == 0


@pytest.mark.parametrize(
    "reply", [failure(500), body({"status": "queued"}), body("<html>")], ids=["500", "none", "html"]
)
async def test_a_submission_that_no_provider_takes_is_an_error_and_leaves_no_job(tmp_path: Path, reply: Any) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        provider.always(reply)
        refused = await submit(instance)
        assert refused.status_code in (500, 502)
        assert instance.app._shared.open_holds() == 0
        assert not await instance.audit()


async def test_ranges_are_passed_through(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:

        async def part(call: Call) -> None:
            headers = {"content-type": "video/mp4", "content-range": f"bytes 0-3/{len(FILM)}"}
            await call.send(head(206, headers, length=4) + FILM[:4])

        provider.when(lambda request: request.headers.get("range") == "bytes=0-3", part)
        like_openai(provider, [{"status": "completed"}])
        job = await ended(instance, (await submit(instance)).json()["id"])
        url = f"/videos/{job['id']}/content"
        answer = await instance.client.get(url, headers={"Range": "bytes=0-3"})
        assert (answer.status_code, answer.content) == (206, FILM[:4])
        assert answer.headers["content-range"] == f"bytes 0-3/{len(FILM)}"
        assert (await instance.client.get(url, params={"index": 1})).status_code == 404
        assert (await instance.client.get(url, params={"index": "x"})).status_code == 400


async def test_a_film_that_the_provider_no_longer_gives_out_is_a_502(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        provider.when(lambda request: request.path.endswith("/content"), failure(410))
        like_openai(provider, [{"status": "completed"}])
        job = await ended(instance, (await submit(instance)).json()["id"])
        assert (await instance.client.get(f"/videos/{job['id']}/content")).status_code == 502


# Other formats


def when(provider: FakeProvider, method: str, part: str, content: object, **more: Any) -> None:
    provider.when(lambda request: request.method == method and part in request.path, body(content, **more))


def veo(provider: FakeProvider) -> str:
    when(provider, "POST", ":predictLongRunning", {"name": "models/veo-3.1/operations/op1"})
    files = {"video": {"uri": f"{provider.url}/files/f1:download?alt=media"}}
    done = {"done": True, "response": {"generateVideoResponse": {"generatedSamples": [files]}}}
    when(provider, "GET", "operations/op1", done)
    when(provider, "GET", "files/f1:download?alt=media", FILM, content_type="video/mp4")
    return "google-veo"


def vertex(provider: FakeProvider) -> str:
    when(provider, "POST", ":predictLongRunning", {"name": "projects/p/operations/op1"})
    made = {"bytesBase64Encoded": b64encode(FILM).decode(), "mimeType": "video/mp4"}
    when(provider, "POST", ":fetchPredictOperation", {"done": True, "response": {"videos": [made]}})
    return "vertex-veo"


def xai(provider: FakeProvider) -> str:
    when(provider, "POST", "videos/generations", {"request_id": "r1"})
    when(provider, "GET", "videos/r1", {"status": "done", "video": {"url": f"{provider.origin}/film.mp4"}})
    when(provider, "GET", "film.mp4", FILM, content_type="text/html")
    return "xai-videos"


def dashscope(provider: FakeProvider) -> str:
    when(provider, "POST", "video-synthesis", {"output": {"task_id": "t1", "task_status": "PENDING"}})
    output = {"task_status": "SUCCEEDED", "video_url": f"{provider.origin}/film.mp4"}
    when(provider, "GET", "tasks/t1", {"output": output})
    when(provider, "GET", "film.mp4", FILM, content_type="video/mp4")
    return "dashscope-videos"


def minimax(provider: FakeProvider) -> str:
    when(provider, "POST", "video_generation", {"task_id": "t1", "base_resp": {"status_code": 0}})
    when(provider, "GET", "query/video_generation?task_id=t1", {"status": "Success", "file_id": "77"})
    when(provider, "GET", "files/retrieve?file_id=77", {"file": {"download_url": f"{provider.origin}/film.mp4"}})
    when(provider, "GET", "film.mp4", FILM, content_type="video/mp4")
    return "minimax-videos"


def minimax_v2(provider: FakeProvider) -> str:
    when(provider, "POST", "video_generation", {"task_id": "t1"})
    task = {"id": "t1", "status": "succeeded", "content": {"url": f"{provider.origin}/film.mp4"}}
    when(provider, "GET", "query/video_generation/t1", {"task": task})
    when(provider, "GET", "film.mp4", FILM, content_type="video/mp4")
    return "minimax-videos-v2"


def bfl(provider: FakeProvider) -> str:
    address = f"{provider.origin}/get_result?id=t1"
    when(provider, "POST", "grok-imagine-video-1.5", {"id": "t1", "polling_url": address})
    result = {"sample": f"{provider.origin}/film.mp4"}
    when(provider, "GET", "get_result?id=t1", {"id": "t1", "status": "Ready", "result": result})
    when(provider, "GET", "film.mp4", FILM, content_type="video/mp4")
    return "bfl-videos"


SAID: dict[str, dict[str, Any]] = {
    "xai-videos": {"image": {"url": PNG["image_url"]["url"]}, "duration": 6, "resolution": "720p"},
    "dashscope-videos": {
        "model": "grok-imagine-video-1.5-i2v",
        "input": {"prompt": "a cat", "media": [{"type": "first_frame", "url": PNG["image_url"]["url"]}]},
        "parameters": {"duration": 6, "resolution": "720P"},
    },
    "minimax-videos": {
        "prompt": "a cat",
        "first_frame_image": PNG["image_url"]["url"],
        "duration": 6,
        "resolution": "768P",
    },
    "minimax-videos-v2": {
        "content": [
            {"type": "text", "text": "a cat"},
            {"type": "image_url", "image_url": PNG["image_url"], "role": "first_frame"},
        ],
        "duration": 6,
        "resolution": "768P",
    },
    "bfl-videos": {"mode": "i2v", "keyframes": ["iVBORw0KGgo="], "resolution": "hd", "generate_audio": True},
}


@pytest.mark.parametrize("upstream", [veo, vertex, xai, dashscope, minimax, minimax_v2, bfl])
async def test_every_format_makes_a_film_from_a_first_frame(
    tmp_path: Path, upstream: Callable[[FakeProvider], str]
) -> None:
    async with (
        FakeProvider() as provider,
        instance_with(tmp_path, provider, protocol := upstream(provider)) as instance,
    ):
        frames = [{**PNG, "frame_type": "first_frame"}]
        submitted = await submit(instance, duration=6, aspect_ratio="16:9", frame_images=frames)
        assert submitted.status_code == 202, submitted.text
        job = await ended(instance, submitted.json()["id"])
        assert (job["status"], job["usage"]["cost"]) == ("completed", 0.6)
        film = await instance.client.get(f"/videos/{job['id']}/content")
        assert film.content == FILM
        assert "html" not in film.headers["content-type"]
        sent = provider.requests[0]
        assert b"iVBORw0KGgo=" in sent.body and b"6" in sent.body
        said = SAID.get(protocol, {})
        assert {name: sent.json.get(name) for name in said} == said
        assert all("upstream-secret" not in str(r.headers) for r in provider.requests if r.path == "/film.mp4")
        assert not await instance.audit()


async def test_a_provider_that_sends_us_elsewhere_is_not_followed_with_its_key(tmp_path: Path) -> None:
    async with FakeProvider() as provider, FakeProvider() as stranger:
        provider.always(body({"id": "t1", "polling_url": f"{stranger.origin}/get_result?id=t1"}))
        async with instance_with(tmp_path, provider, "bfl-videos") as instance:
            job_id = (await submit(instance, duration=6)).json()["id"]
            async with asyncio.timeout(20):
                while True:
                    job = await instance.app._jobs.find((await _account(instance)), job_id)
                    if job.polls > 0:
                        break
                    await asyncio.sleep(0.05)
        assert not stranger.requests and not stranger.connections


async def _account(instance: Instance) -> str:
    def read(connection: Any) -> str:
        return connection.execute(text("SELECT account_id FROM video_jobs")).scalar()

    return await instance.app._database.read(read)


# Callbacks


def test_signatures_verify_independently() -> None:
    stamp, _, mac = signature("secret", b'{"a":1}', 1_700_000_000).partition(",")
    assert stamp == "t=1700000000"
    wanted = hmac.new(b"secret", b'1700000000,{"a":1}', hashlib.sha256).hexdigest()
    assert mac == f"v1={wanted}"


def test_deliveries_are_repeated_five_times_within_an_hour_or_so() -> None:
    waits = [retry_at_ms(attempts, 0) for attempts in range(1, 7)]
    assert waits[5] is None
    assert sum(wait for wait in waits if wait is not None) == 3_600_000


async def test_the_end_is_told_until_the_address_takes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, dict[str, str], bytes]] = []

    async def post(url: str, headers: tuple[tuple[str, str], ...], content: bytes) -> int:
        told.append((url, dict(headers), content))
        return 500 if len(told) == 1 else 204

    monkeypatch.setattr("trunkline.gateway.callbacks.RETRY_AFTER_S", (0, 0, 0, 0, 0))
    settings = Videos(poll_seconds=0.05, signing_secret="hush")
    async with FakeProvider() as provider, instance_with(tmp_path, provider, videos=settings) as instance:
        monkeypatch.setattr(instance.app._fetch_client, "post", post)
        like_openai(provider, [{"status": "completed"}])
        job_id = (await submit(instance, callback_url="https://example.com/done")).json()["id"]
        async with asyncio.timeout(20):
            while len(told) < 2:
                await asyncio.sleep(0.05)
        await asyncio.sleep(1.5)
        assert len(told) == 2
        assert {headers["x-openrouter-idempotency-key"] for _, headers, _ in told} == {f"{job_id}-completed"}
        url, headers, content = told[1]
        stamp, _, mac = headers["x-openrouter-signature"].partition(",v1=")
        assert hmac.new(b"hush", f"{stamp[2:]},".encode() + content, hashlib.sha256).hexdigest() == mac
        assert url == "https://example.com/done"
        assert b'"type":"video.generation.completed"' in content and b"unsigned_urls" in content


async def test_callbacks_do_not_reach_private_addresses(tmp_path: Path) -> None:
    async with FakeProvider() as provider, Instance(tmp_path) as instance:
        told = await instance.app._jobs._callbacks.tell(f"https://127.0.0.1:{provider.origin[-5:]}/", "k", {}, 0)
        assert not told and not provider.connections


# The Sandbox, and discovery


async def test_the_sandbox_makes_a_film_and_charges_nobody(tmp_path: Path) -> None:
    async with Instance(tmp_path) as instance:
        job_id = (await submit(instance, resolution="720p")).json()["id"]
        job = await ended(instance, job_id)
        assert job["status"] == "completed"
        film = await instance.client.get(f"/videos/{job_id}/content")
        assert film.content[4:8] == b"ftyp" and b"moov" in film.content
        part = await instance.client.get(f"/videos/{job_id}/content", headers={"Range": "bytes=4-7"})
        assert (part.status_code, part.content) == (206, b"ftyp")
        assert await instance.usage() == 0
        assert not await instance.audit()


@requires_reference
async def test_video_models_are_listed_without_a_key(tmp_path: Path) -> None:
    async with Instance(tmp_path) as instance:
        listed = (await instance.connect(None).get("/videos/models")).json()
        assert not problems(listed, response_schema("/videos/models"))
        row = next(row for row in listed["data"] if row["id"] == MODEL)
        assert row["supported_durations"] == [4, 6, 8]
        assert row["pricing_skus"] == {"output_per_second": "0.4"}
        assert KEY not in str(listed)
