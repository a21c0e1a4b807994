"""Programs that call a model, for the operation that it has and the client that one likes (site.md 3.3).

Each runs as it stands once TRUNKLINE_API_KEY holds a key of this instance; `tests/web/test_samples.py` runs them.
"""
