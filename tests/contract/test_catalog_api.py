"""The catalog's answers against the published description and the official Python client."""

from typing import Any

import pytest
from openrouter import OpenRouter
from openrouter.errors import NotFoundResponseError, UnauthorizedResponseError

from tests.catalog_api import RunningCatalog, catalog, database_kind, is_indirect
from tests.reference import problems, requires_reference, response_schema

__all__ = ["catalog", "database_kind"]


def client(catalog: RunningCatalog, key: str | None = None) -> OpenRouter:
    return OpenRouter(api_key=key or catalog.key, server_url=f"{catalog.url}/api/v1")


@requires_reference
@pytest.mark.parametrize(
    ("published", "asked"),
    [
        ("/models", "/models?output_modalities=all"),
        ("/models", "/models?limit=5&offset=10"),
        ("/models/count", "/models/count"),
        ("/models/user", "/models/user"),
        ("/embeddings/models", "/embeddings/models"),
        ("/model/{author}/{slug}", "/model/openai/gpt-5.4-mini"),
        ("/models/{author}/{slug}/endpoints", "/models/deepseek/deepseek-v4-pro-0813/endpoints"),
        ("/models/{author}/{slug}/endpoints", "/models/acme/rocket-1/endpoints"),
        ("/models/{author}/{slug}/endpoints", "/models/google/veo-3.1/endpoints"),
        ("/endpoints/zdr", "/endpoints/zdr"),
        ("/providers", "/providers"),
    ],
)
async def test_answer_has_the_published_shape(catalog: RunningCatalog, published: str, asked: str) -> None:
    response = await catalog.get(f"/api/v1{asked}", key=catalog.key)

    assert response.status_code == 200
    assert problems(response.json(), response_schema(published)) == []


@requires_reference
async def test_refusals_have_the_published_shape(catalog: RunningCatalog) -> None:
    refused = await catalog.get("/api/v1/models?limit=0")
    unknown = await catalog.get("/api/v1/models/nobody/nothing/endpoints")

    assert problems(refused.json(), response_schema("/models", status=400)) == []
    assert problems(unknown.json(), response_schema("/models/{author}/{slug}/endpoints", status=404)) == []


async def test_official_client_lists_every_model(catalog: RunningCatalog) -> None:
    async with client(catalog) as sdk:
        listed = await sdk.models.list_async(output_modalities="all")

    rows = _rows(listed)
    assert [row.id for row in rows if not is_indirect(row.id)] == list(catalog.view.current.models)
    mini = next(row for row in rows if row.id == "openai/gpt-5.4-mini")
    assert (mini.pricing.prompt, mini.context_length) == ("0.00000075", 400_000)


async def test_official_client_filters_and_counts(catalog: RunningCatalog) -> None:
    async with client(catalog) as sdk:
        listed = _rows(await sdk.models.list_async(q="rocket", sort="newest", supported_parameters="tools"))
        count = await sdk.models.count_async(output_modalities="all")
        everything = _rows(await sdk.models.list_async(output_modalities="all"))

    assert [row.id for row in listed] == ["acme/rocket-1"]
    assert count.data.count == len(everything)


async def test_official_client_reads_one_model_and_its_endpoints(catalog: RunningCatalog) -> None:
    async with client(catalog) as sdk:
        row = await sdk.models.get_async(author="openai", slug="gpt-5.4-mini")
        served = await sdk.endpoints.list_async(author="openai", slug="gpt-5.4-mini")
        private = await sdk.endpoints.list_zdr_endpoints_async()

    assert row.data.id == "openai/gpt-5.4-mini"
    assert "openai" in [endpoint.tag for endpoint in served.data.endpoints]
    assert len(private.data) > 100


async def test_official_client_reads_every_models_endpoints(catalog: RunningCatalog) -> None:
    async with client(catalog) as sdk:
        for model_id in catalog.view.current.models:
            author, _, slug = model_id.partition("/")
            served = await sdk.endpoints.list_async(author=author, slug=slug)
            assert len(served.data.endpoints) == len(catalog.view.current.models[model_id].endpoints)


async def test_official_client_reads_providers_embeddings_and_own_models(catalog: RunningCatalog) -> None:
    async with client(catalog) as sdk:
        providers = await sdk.providers.list_async()
        embeddings = _rows(await sdk.embeddings.list_models_async())
        own = _rows(await sdk.models.list_for_user_async(security={"bearer": catalog.key}))

    assert len(providers.data) == len(catalog.view.current.providers)
    assert "openai/text-embedding-3-small" in [row.id for row in embeddings]
    assert {row.id for row in own if not is_indirect(row.id)} == catalog.view.current.models.keys()


async def test_official_client_raises_its_own_exceptions(catalog: RunningCatalog) -> None:
    async with client(catalog, key="sk-tl-v1-wrong") as sdk:
        with pytest.raises(NotFoundResponseError):
            await sdk.endpoints.list_async(author="nobody", slug="nothing")
        with pytest.raises(UnauthorizedResponseError):
            await sdk.models.list_for_user_async(security={"bearer": "sk-tl-v1-wrong"})


def _rows(listed: Any) -> list[Any]:
    """The rows of a page, whether the client wraps pages or not."""
    return list(getattr(listed, "result", listed).data)
