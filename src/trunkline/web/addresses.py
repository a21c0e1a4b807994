"""Addresses of pages with a query."""

from collections.abc import Mapping
from urllib.parse import urlencode

_MODELS_DEFAULTS = (("sort", "newest"), ("fmt", "list"))


def models_address(query: Mapping[str, str]) -> str:
    """`/models` with a query; what is the default is left out."""
    kept = {name: value for name, value in query.items() if value and (name, value) not in _MODELS_DEFAULTS}
    return f"/models?{urlencode(kept, safe=',/')}" if kept else "/models"
