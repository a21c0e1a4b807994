from time import process_time

from trunkline.catalog.loader import load_bundled
from trunkline.catalog.snapshot import compile_catalog


def test_bundled_catalog_becomes_a_snapshot_within_a_tenth_of_a_second() -> None:
    started = process_time()
    snapshot = compile_catalog(load_bundled())
    took_s = process_time() - started

    assert len(snapshot.models) > 300
    assert took_s < 0.1
