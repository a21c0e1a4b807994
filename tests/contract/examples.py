"""Real requests for every operation that is served: good ones, streams, and such as are refused."""

import httpx

from tests.instance import Instance
from tests.sample_files import PDF

MODEL = "openai/gpt-5-nano"
CHAT = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 5}
RESPONSE = {"model": MODEL, "input": "Hi", "max_output_tokens": 20}
MESSAGE = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 5}
EMBEDDER = "openai/text-embedding-3-small"
EMBED = {"model": EMBEDDER, "input": "Hi", "dimensions": 4}
RANKER = "cohere/rerank-v3.5"
RANK = {"model": RANKER, "query": "tea?", "documents": ["coffee", {"text": "tea"}]}
SPEAKER = "openai/gpt-4o-mini-tts"
SPEAK = {"model": SPEAKER, "input": "Hi", "voice": "alloy"}
LISTENER = "openai/whisper-1"
SOUND = {"data": "AAAA", "format": "wav"}
HEAR = {"model": LISTENER, "input_audio": SOUND, "response_format": "verbose_json"}
PAINTER = "openai/gpt-image-1-mini"
PAINT = {"model": PAINTER, "prompt": "A cat", "size": "64x64"}
FILMER = "google/veo-3.1"
FILM = {"model": FILMER, "prompt": "A cat"}

FAMILIAR_MODELS = {
    "post /chat/completions": MODEL,
    "post /responses": MODEL,
    "post /messages": MODEL,
    "post /embeddings": EMBEDDER,
    "post /rerank": RANKER,
    "post /images": PAINTER,
    "post /audio/speech": SPEAKER,
    "post /audio/transcriptions": LISTENER,
    "post /videos": FILMER,
}
"""Operation → a model that the Sandbox answers for."""


async def good_answers(instance: Instance) -> dict[str, httpx.Response]:
    """A real good answer of every operation that is served."""
    client, management = instance.client, instance.management
    chat = await client.post("/chat/completions", json=CHAT)
    generation = {"id": chat.json()["id"]}
    created = await management.post("/keys", json={"name": "contract", "limit": 1})
    key = f"/keys/{created.json()['data']['hash']}"
    feedback = {"generation_id": generation["id"], "category": "other"}
    job = await client.post("/videos", json=FILM)
    uploaded = await client.post("/files", files={"file": ("a.pdf", PDF)})
    file = f"/files/{uploaded.json()['id']}"
    credential = await management.post("/byok", json={"provider": "mistral", "key": "a-key", "name": "Contract"})
    own = f"/byok/{credential.json()['data']['id']}"
    return {
        "post /byok": credential,
        "get /byok": await management.get("/byok"),
        "get /byok/{id}": await management.get(own),
        "patch /byok/{id}": await management.patch(own, json={"key": "another-key", "is_fallback": True}),
        "delete /byok/{id}": await management.delete(own),
        "post /chat/completions": chat,
        "post /completions": await client.post("/completions", json={"model": MODEL, "prompt": "Hi", "max_tokens": 5}),
        "post /responses": await client.post("/responses", json=RESPONSE),
        "post /messages": await client.post("/messages", json=MESSAGE),
        "post /messages/count_tokens": await client.post("/messages/count_tokens", json=MESSAGE),
        "post /embeddings": await client.post("/embeddings", json=EMBED),
        "post /rerank": await client.post("/rerank", json=RANK),
        "post /audio/speech": await client.post("/audio/speech", json=SPEAK),
        "post /audio/transcriptions": await client.post("/audio/transcriptions", json=HEAR),
        "post /images": await client.post("/images", json=PAINT),
        "get /images/models": await client.get("/images/models"),
        "get /images/models/{author}/{slug}/endpoints": await client.get(f"/images/models/{PAINTER}/endpoints"),
        "post /videos": job,
        "get /videos/{jobId}": await client.get(f"/videos/{job.json()['id']}"),
        "get /videos/{jobId}/content": await client.get(f"/videos/{job.json()['id']}/content"),
        "get /videos/models": await client.get("/videos/models"),
        "get /generation": await client.get("/generation", params=generation),
        "get /generation/content": await client.get("/generation/content", params=generation),
        "post /generation/feedback": await client.post("/generation/feedback", json=feedback),
        "post /files": uploaded,
        "get /files": await client.get("/files"),
        "get /files/{file_id}": await client.get(file),
        "get /files/{file_id}/content": await client.get(f"{file}/content"),
        "delete /files/{file_id}": await client.delete(file),
        "post /presets/{slug}/chat/completions": await client.post("/presets/contract/chat/completions", json=CHAT),
        "post /route/explain": await client.post("/route/explain", json=CHAT),
        "post /presets/{slug}/messages": await client.post("/presets/contract/messages", json=CHAT),
        "post /presets/{slug}/responses": await client.post("/presets/contract/responses", json={"model": MODEL}),
        "get /presets": await client.get("/presets"),
        "get /presets/{slug}": await client.get("/presets/contract"),
        "get /presets/{slug}/versions": await client.get("/presets/contract/versions"),
        "get /presets/{slug}/versions/{version}": await client.get("/presets/contract/versions/1"),
        "get /key": await client.get("/key"),
        "get /auth/key": await client.get("/auth/key"),
        "post /credits/coinbase": await client.post("/credits/coinbase", json={}),
        "get /credits": await management.get("/credits"),
        "post /keys": created,
        "get /keys": await management.get("/keys"),
        "get /keys/{hash}": await management.get(key),
        "patch /keys/{hash}": await management.patch(key, json={"name": "renamed"}),
        "delete /keys/{hash}": await management.delete(key),
        "post /workspaces": await management.post("/workspaces", json={"name": "Contract", "slug": "contract"}),
        "get /workspaces": await management.get("/workspaces"),
        "get /workspaces/{id}": await management.get("/workspaces/contract"),
        "patch /workspaces/{id}": await management.patch("/workspaces/contract", json={"description": "Ours"}),
        "delete /workspaces/{id}": await management.delete("/workspaces/contract"),
        "get /models": await client.get("/models"),
        "get /models/count": await client.get("/models/count"),
        "get /models/user": await client.get("/models/user"),
        "get /embeddings/models": await client.get("/embeddings/models"),
        "get /models/{author}/{slug}/endpoints": await client.get(f"/models/{MODEL}/endpoints"),
        "get /model/{author}/{slug}": await client.get(f"/model/{MODEL}"),
        "get /models/{author}/{slug}/prices": await client.get(f"/models/{MODEL}/prices"),
        "get /endpoints/zdr": await client.get("/endpoints/zdr"),
        "get /providers": await client.get("/providers"),
        "get /activity": await management.get("/activity"),
        "get /datasets/rankings-daily": await client.get("/datasets/rankings-daily"),
        "get /datasets/app-rankings": await client.get("/datasets/app-rankings"),
        "get /datasets/session-cost": await client.get("/datasets/session-cost"),
        "get /benchmarks": await client.get("/benchmarks"),
        "get /classifications/task": await client.get("/classifications/task"),
    }


async def streams(instance: Instance) -> dict[str, list[httpx.Response]]:
    """Event streams of every operation that has them: words, a tool's call, thoughts, and a connection that breaks."""
    client = instance.client
    function = {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}
    claude_tool = {"name": function["name"], "input_schema": function["parameters"]}
    broken = {"user": "sandbox:break_after=2", "max_tokens": 50}
    variants: dict[str, tuple[dict[str, object], list[dict[str, object]]]] = {
        "post /chat/completions": (
            CHAT,
            [
                {"tools": [{"type": "function", "function": function}], "max_tokens": 100},
                {"reasoning": {"effort": "low"}, "max_tokens": 2000},
                {"logprobs": True, "top_logprobs": 2},
                broken,
            ],
        ),
        "post /responses": (
            RESPONSE,
            [
                {"tools": [{"type": "function", "strict": False, **function}], "max_output_tokens": 100},
                {"reasoning": {"effort": "low"}, "max_output_tokens": 2000},
                {"user": "sandbox:break_after=2", "max_output_tokens": 50},
            ],
        ),
        "post /messages": (
            MESSAGE,
            [
                {"tools": [claude_tool], "max_tokens": 100},
                {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2000},
                {**broken, "user": None, "metadata": {"user_id": "sandbox:break_after=2"}},
            ],
        ),
        "post /images": (PAINT, []),
    }
    return {
        name: [
            await client.post(name.removeprefix("post "), json={**plain, **variant, "stream": True})
            for variant in [{}, *more]
        ]
        for name, (plain, more) in variants.items()
    }


async def refusals(instance: Instance) -> dict[str, list[httpx.Response]]:
    """Real errors of operations, one for each status that is easy to have."""
    client, management, nobody = instance.client, instance.management, instance.connect(None)
    unknown = {"id": "gen-1-unknown"}
    return {
        "post /chat/completions": [
            await nobody.post("/chat/completions", json=CHAT),
            await client.post("/chat/completions", json={}),
            await client.post("/chat/completions", json={**CHAT, "provider": {"only": ["nobody"]}}),
            await client.post("/chat/completions", json={**CHAT, "user": "sandbox:status=503"}),
            await client.post("/chat/completions", json={**CHAT, "user": "sandbox:status=429"}),
        ],
        "post /images": [
            await nobody.post("/images", json=PAINT),
            await client.post("/images", json={**PAINT, "n": 11}),
            await client.post("/images", json={**PAINT, "model": MODEL}),
            await client.post("/images", json={**PAINT, "model": "acme/nothing"}),
            await client.post("/images", json={**PAINT, "user": "sandbox:status=429"}),
        ],
        "get /images/models/{author}/{slug}/endpoints": [await client.get("/images/models/a/b/endpoints")],
        "post /audio/speech": [
            await nobody.post("/audio/speech", json=SPEAK),
            await client.post("/audio/speech", json={**SPEAK, "input": ""}),
            await client.post("/audio/speech", json={**SPEAK, "model": "acme/nothing"}),
        ],
        "post /audio/transcriptions": [
            await nobody.post("/audio/transcriptions", json=HEAR),
            await client.post("/audio/transcriptions", json={**HEAR, "response_format": "srt"}),
            await client.post("/audio/transcriptions", json={**HEAR, "model": "acme/nothing"}),
        ],
        "post /videos": [
            await nobody.post("/videos", json=FILM),
            await client.post("/videos", json={**FILM, "callback_url": "http://example.com"}),
            await client.post("/videos", json={**FILM, "model": MODEL}),
            await client.post("/videos", json={**FILM, "model": "acme/nothing"}),
        ],
        "get /videos/{jobId}": [await nobody.get("/videos/x"), await client.get("/videos/x")],
        "get /videos/{jobId}/content": [await nobody.get("/videos/x/content"), await client.get("/videos/x/content")],
        "post /rerank": [
            await nobody.post("/rerank", json=RANK),
            await client.post("/rerank", json={**RANK, "documents": []}),
            await client.post("/rerank", json={**RANK, "model": "acme/nothing"}),
        ],
        "post /embeddings": [
            await nobody.post("/embeddings", json=EMBED),
            await client.post("/embeddings", json={**EMBED, "input": []}),
            await client.post("/embeddings", json={**EMBED, "model": MODEL}),
            await client.post("/embeddings", json={**EMBED, "model": "acme/nothing"}),
        ],
        "post /responses": [
            await nobody.post("/responses", json=RESPONSE),
            await client.post("/responses", json={}),
            await client.post("/responses", json={**RESPONSE, "store": True}),
            await client.post("/responses", json={**RESPONSE, "user": "sandbox:status=503"}),
            await client.post("/responses", json={**RESPONSE, "user": "sandbox:status=429"}),
        ],
        "get /generation": [await nobody.get("/generation"), await client.get("/generation", params=unknown)],
        "get /generation/content": [await client.get("/generation/content", params=unknown)],
        "post /generation/feedback": [await client.post("/generation/feedback", json={})],
        "post /files": [
            await nobody.post("/files", files={"file": ("a.pdf", PDF)}),
            await management.post("/files", files={"file": ("a.pdf", PDF)}),
            await client.post("/files", json={}),
            await client.post("/files", params={"provider": "openai"}, files={"file": ("a.pdf", PDF)}),
            await client.post("/files", files={"file": ("a.txt", b"a" * (101 * 1024 * 1024))}),
        ],
        "get /files": [await nobody.get("/files"), await client.get("/files", params={"order": "desc"})],
        "get /files/{file_id}": [await nobody.get("/files/x"), await client.get("/files/x")],
        "get /files/{file_id}/content": [await client.get("/files/x/content")],
        "delete /files/{file_id}": [await client.delete("/files/x")],
        "post /presets/{slug}/chat/completions": [
            await nobody.post("/presets/x/chat/completions", json=CHAT),
            await client.post("/presets/X/chat/completions", json=CHAT),
        ],
        "get /presets": [await nobody.get("/presets"), await client.get("/presets", params={"limit": 0})],
        "get /presets/{slug}": [await client.get("/presets/nobody")],
        "get /presets/{slug}/versions": [await client.get("/presets/nobody/versions")],
        "get /presets/{slug}/versions/{version}": [await client.get("/presets/contract/versions/x")],
        "get /key": [await nobody.get("/key")],
        "get /credits": [await nobody.get("/credits"), await client.get("/credits")],
        "post /keys": [await client.post("/keys", json={"name": "k"}), await management.post("/keys", json={})],
        "get /keys": [await client.get("/keys")],
        "get /keys/{hash}": [await management.get(f"/keys/{'0' * 64}"), await nobody.get(f"/keys/{'0' * 64}")],
        "patch /keys/{hash}": [await management.patch(f"/keys/{'0' * 64}", json={})],
        "delete /keys/{hash}": [await management.delete(f"/keys/{'0' * 64}")],
        "post /workspaces": [await client.post("/workspaces", json={}), await management.post("/workspaces", json={})],
        "get /workspaces": [await client.get("/workspaces")],
        "get /workspaces/{id}": [await management.get("/workspaces/nowhere"), await nobody.get("/workspaces/x")],
        "patch /workspaces/{id}": [await management.patch("/workspaces/nowhere", json={})],
        "delete /workspaces/{id}": [
            await management.delete("/workspaces/nowhere"),
            await management.delete("/workspaces/default"),
        ],
        "get /models": [await client.get("/models", params={"sort": "nonsense"})],
        "get /models/{author}/{slug}/endpoints": [await client.get("/models/a/b/endpoints")],
        "get /activity": [await client.get("/activity"), await management.get("/activity", params={"date": "x"})],
        "get /datasets/rankings-daily": [await nobody.get("/datasets/rankings-daily")],
        "get /benchmarks": [await nobody.get("/benchmarks"), await client.get("/benchmarks", params={"source": "x"})],
    }
