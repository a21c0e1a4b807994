"""`/files` through the official SDKs of OpenAI, Anthropic and OpenRouter, unmodified (inference.md 26)."""

import pytest
from anthropic import AsyncAnthropic, NotFoundError, PermissionDeniedError
from anthropic import BadRequestError as AnthropicBadRequest
from openai import APIStatusError, AsyncOpenAI, BadRequestError
from openai import NotFoundError as OpenAINotFound
from openrouter import OpenRouter, components, errors

from tests.instance import KEY, MANAGEMENT_KEY, Instance
from tests.sample_files import PDF, PNG


async def test_life_of_a_file_with_openai(sandbox: Instance) -> None:
    async with AsyncOpenAI(base_url=sandbox.base_url, api_key=KEY, max_retries=0) as client:
        made = [await client.files.create(file=(f"{n}.pdf", PDF), purpose="assistants") for n in range(3)]
        assert (made[0].object, made[0].bytes, made[0].filename, made[0].purpose, made[0].status) == (
            "file", len(PDF), "0.pdf", "assistants", "processed",
        )  # fmt: skip
        assert await client.files.retrieve(made[0].id) == made[0]
        assert [file.id async for file in client.files.list(limit=2, order="asc")] == [file.id for file in made]
        assert [file async for file in client.files.list(purpose="batch")] == []
        gone = await client.files.delete(made[1].id)
        assert (gone.id, gone.object, gone.deleted) == (made[1].id, "file", True)
        with pytest.raises(OpenAINotFound):
            await client.files.retrieve(made[1].id)
        with pytest.raises(BadRequestError):
            await client.files.content(made[0].id)
        with pytest.raises(BadRequestError):
            await client.files.create(file=b"\x00", purpose="user_data")
        waited = await client.files.wait_for_processing(made[0].id)
        assert waited.status == "processed"
    async with AsyncOpenAI(base_url=sandbox.base_url, api_key=MANAGEMENT_KEY, max_retries=0) as manager:
        with pytest.raises(APIStatusError) as refused:
            await manager.files.create(file=PDF, purpose="user_data")
        assert refused.value.status_code == 403


async def test_life_of_a_file_with_anthropic(sandbox: Instance) -> None:
    async with AsyncAnthropic(base_url=f"{sandbox.origin}/api", api_key=KEY, max_retries=0) as client:
        files = client.beta.files
        made = [await files.upload(file=(f"{n}.png", PNG, "text/plain")) for n in range(3)]
        assert (made[0].type, made[0].mime_type, made[0].size_bytes, made[0].downloadable) == (
            "file", "image/png", len(PNG), False,
        )  # fmt: skip
        assert await files.retrieve_metadata(made[0].id) == made[0]
        assert [file.id async for file in files.list(limit=2)] == [file.id for file in made]
        gone = await files.delete(made[1].id)
        assert (gone.id, gone.type) == (made[1].id, "file_deleted")
        with pytest.raises(NotFoundError):
            await files.retrieve_metadata(made[1].id)
        with pytest.raises(AnthropicBadRequest):
            await files.download(made[0].id)
        with pytest.raises(AnthropicBadRequest):
            await files.list(extra_query={"before_id": made[0].id})
    async with AsyncAnthropic(base_url=f"{sandbox.origin}/api", api_key=MANAGEMENT_KEY, max_retries=0) as manager:
        with pytest.raises(PermissionDeniedError):
            await manager.beta.files.upload(file=PDF)


async def test_life_of_a_file_with_openrouter(sandbox: Instance) -> None:
    async with OpenRouter(api_key=KEY, server_url=sandbox.base_url, retry_config=None) as client:
        made = [await client.files.upload_async(file={"file_name": f"{n}.pdf", "content": PDF}) for n in range(3)]
        first = made[0]
        assert isinstance(first, components.OpenRouterFile)
        assert (first.filename, first.mime_type, first.size_bytes) == ("0.pdf", "application/pdf", len(PDF))
        assert await client.files.retrieve_async(file_id=first.id) == first
        page = await client.files.list_async(limit=2)
        found: list[str] = []
        while page is not None:
            found += [file.id for file in page.result.data]
            page = await page.next()
        assert found == [file.id for file in made]
        gone = await client.files.delete_async(file_id=made[1].id)
        assert isinstance(gone, components.OpenRouterFileDeleted) and gone.id == made[1].id
        with pytest.raises(errors.NotFoundResponseError):
            await client.files.retrieve_async(file_id=made[1].id)
        with pytest.raises(errors.BadRequestResponseError):
            await client.files.download_async(file_id=first.id)
        with pytest.raises(errors.BadRequestResponseError):
            await client.files.list_async(provider="openai")
