"""The kinds of values that settings have: their bounds, and whether they may be shown."""

from typing import Annotated

from msgspec import Meta

Secret = Annotated[str, Meta(extra={"secret": True})]
"""Never printed: `trunkline config show` masks it."""
Url = Annotated[str, Meta(extra={"url": True})]
"""May carry a password, which `trunkline config show` masks."""
Port = Annotated[int, Meta(ge=0, le=65535)]
Count = Annotated[int, Meta(ge=0)]
PositiveCount = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]
Percent = Annotated[float, Meta(ge=0, le=1000)]
Ratio = Annotated[float, Meta(ge=0, le=1)]
Rate = Annotated[float, Meta(gt=0)]
