from trunkline.catalog.regions import data_regions


def test_region_of_the_endpoint_decides() -> None:
    assert data_regions("eu", ["US"]) == {"eu"}
    assert data_regions("global", ["US"]) == frozenset()


def test_countries_of_the_provider_count_when_all_lie_in_one_region() -> None:
    assert data_regions(None, ["FR", "NL"]) == {"eu"}
    assert data_regions(None, ["US"]) == {"us"}
    assert data_regions(None, ["NL", "SG"]) == frozenset()
    assert data_regions(None, []) == frozenset()
