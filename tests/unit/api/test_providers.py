"""`GET /providers` over a real socket (routing-and-catalog.md 20.3)."""

from tests.catalog_api import RunningCatalog, catalog, database_kind

__all__ = ["catalog", "database_kind"]


async def test_providers_are_listed_by_name(catalog: RunningCatalog) -> None:
    listed = (await catalog.get("/v1/providers/")).json()["data"]

    names = [provider["name"].lower() for provider in listed]
    assert names == sorted(names)
    acme = next(provider for provider in listed if provider["slug"] == "acme")
    assert acme == {
        "name": "Acme",
        "slug": "acme",
        "privacy_policy_url": None,
        "terms_of_service_url": None,
        "status_page_url": None,
        "headquarters": None,
        "datacenters": None,
    }
