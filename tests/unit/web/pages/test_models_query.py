"""What the address of the models page means (site.md MOD-03)."""

from starlette.datastructures import QueryParams

from tests.catalog_api import RunningCatalog, catalog, database_kind
from trunkline.web.pages.models.query import ModelsQuery, read_query

__all__ = ["catalog", "database_kind"]


def read(catalog: RunningCatalog, query: str) -> ModelsQuery:
    return read_query(QueryParams(query), catalog.view)


async def test_order_pricing_and_repeated_names_are_other_words_for_the_api_s(catalog: RunningCatalog) -> None:
    query = read(catalog, "order=pricing-low-to-high&pricing=free&model_authors=openai&model_authors=google&fmt=cards")
    assert query.api == {"sort": "pricing-low-to-high", "max_price": "0", "model_authors": "openai,google"}
    assert query.format == "cards"
    assert query.ignored == ()


async def test_what_cannot_be_used_is_left_out_word_by_word(catalog: RunningCatalog) -> None:
    query = read(catalog, "input_modalities=image,smell&context=many&sort=beauty&fmt=hologram&utm_source=x")
    assert query.api == {"sort": "newest", "input_modalities": "image"}
    assert query.ignored == ("sort=beauty", "input_modalities=smell", "context=many")
    assert query.format == "list"


async def test_what_goes_without_saying_is_not_said(catalog: RunningCatalog) -> None:
    assert read(catalog, "output_modalities=text&q=&zdr=").filters == {}
    assert read(catalog, "output_modalities=text,image").filters == {"output_modalities": "text,image"}
