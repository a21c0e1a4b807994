from trunkline.accounts.cache import LruCache


def test_least_recently_used_entry_leaves_first() -> None:
    cache: LruCache[str, int] = LruCache(2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1
    cache.put("c", 3)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (1, None, 3)


def test_flood_never_exceeds_the_capacity() -> None:
    cache: LruCache[int, int] = LruCache(10)
    for number in range(1_000):
        cache.put(number, number + 1)
    assert len(cache) == 10
    cache.discard(999)
    cache.discard(999)
    assert len(cache) == 9
    cache.clear()
    assert len(cache) == 0
