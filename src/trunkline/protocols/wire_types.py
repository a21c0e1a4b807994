"""Types of single members that several inbound formats have. Ranges are part of them: the codec refuses the rest."""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Raw, Struct

EMPTY = Raw(b"")
INT64_MAX = 2**63 - 1
SESSION_ID_CHARS_MAX = 256
METADATA_PAIRS_MAX = 16
COMPRESSION_ON = Raw(b'[{"id":"context-compression"}]')
"""`plugins` for what other members mean: shorten the conversation where it is too long (routing-and-catalog.md 17)."""
COMPRESSION_OFF = Raw(b'[{"id":"context-compression","enabled":false}]')

Count: TypeAlias = Annotated[int, Meta(ge=1, le=INT64_MAX)]
UpToOne: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
UpToTwo: TypeAlias = Annotated[float, Meta(ge=0, le=2)]
Penalty: TypeAlias = Annotated[float, Meta(ge=-2, le=2)]
Name: TypeAlias = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,64}\Z")]
Metadata: TypeAlias = dict[Annotated[str, Meta(max_length=64)], Annotated[str, Meta(max_length=512)]]
ModelSlug: TypeAlias = Annotated[str, Meta(max_length=256)]
SessionId: TypeAlias = Annotated[str, Meta(max_length=SESSION_ID_CHARS_MAX)]
ServiceTier: TypeAlias = Literal["auto", "default", "flex", "priority", "fast", "scale"]
Verbosity: TypeAlias = Literal["low", "medium", "high", "xhigh", "max"]


class CacheControl(Struct, frozen=True, gc=False):
    """`{type:"ephemeral", ttl?}` (inference.md 12.1)."""

    type: Literal["ephemeral"]
    ttl: Literal["5m", "1h"] | None = None


class PluginRequest(Struct, frozen=True):
    """One of `plugins`; the plugin named by `id` reads its own members."""

    id: str
    enabled: bool | None = None


class CacheBreakpoint(Struct, frozen=True, gc=False):
    """OpenAI's spelling of a marker: `{mode:"explicit"}`."""

    mode: Literal["explicit"]


class PromptCacheOptions(Struct, frozen=True):
    mode: Literal["explicit"]
    ttl: str | None = None


class Debug(Struct, frozen=True):
    echo_upstream_body: bool | None = None
