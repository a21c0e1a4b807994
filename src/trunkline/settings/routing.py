"""Settings of routing: the numbers of the rules, what goes beyond them, and the lists behind router models."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from trunkline.settings.kinds import Percent, PositiveCount, Ratio, Seconds


class Routing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The numbers that routing-and-catalog.md marks as configurable."""

    attempts_max: PositiveCount = 10
    """Endpoints tried for one request."""
    models_max: PositiveCount = 3
    """Longest `models` list in a request."""
    connect_timeout_seconds: Seconds = 10.0
    """To an upstream, TLS included."""
    read_timeout_seconds: Seconds = 60.0
    """Longest silence of an upstream's stream; a whole answer may be silent for half of the total time."""
    total_timeout_seconds: Seconds = 300.0
    """Longest whole answer."""
    outage_window_seconds: Seconds = 30.0
    """How far back failures count towards an outage."""
    outage_failure_ratio: Ratio = 0.2
    """Share of failures in that window that makes an outage."""
    retry_after_cap_seconds: Seconds = 60.0
    """Longest `Retry-After` of an upstream that is believed."""
    strict_tool_routing: bool = True
    """Answer 404 when no endpoint supports the tools that a request brings; false: they are dropped."""
    stream_commit_seconds: Seconds = 10.0
    """A stream's headers leave with the first delta, or after this silence (inference.md 4.3)."""
    heartbeat_seconds: Seconds = 10.0
    """Silence in a stream after which a comment is sent."""
    pad_whole_answers: bool = False
    """Send the status early and white space while the upstream works. A failure after that has status 200 too."""
    prompt_caches: bool = True
    """Make Gemini's cached contents for requests with cache breakpoints, and use them again; false: such breakpoints
    are left to the provider's implicit caching."""
    path: Literal["auto", "hub"] = "auto"
    """`hub` sends everything through the hub, for comparing the two paths."""


class Recovery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Streams whose provider breaks off in the middle (docs/guide/stream-recovery.md)."""

    enabled: bool = False
    """Let another endpoint of the model go on with an answer that broke off, where it can."""
    continuations_max: PositiveCount = 2
    """How often one answer may be gone on with."""


class Hedging(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Streams whose first content is late (docs/guide/hedging.md)."""

    enabled: bool = False
    """Ask a second endpoint of the model when the first is later than it usually is, and keep the first to speak."""
    extra_percent: Percent = 5.0
    """Second requests for each hundred streams at most."""
    floor_seconds: Seconds = 0.5
    """Never sooner than this."""
    samples_min: PositiveCount = 20
    """Streams of an endpoint in the last minutes, of which fewer do not tell what is usual."""


class Routers(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lists of models behind router models such as `openrouter/auto`, best first. What is absent is derived from the
    catalog."""

    auto_default: tuple[str, ...] = ()
    """Models that `auto` takes when nothing is known of the prompt."""
    body_builder: tuple[str, ...] = ()
    """Models that write request bodies for `bodybuilder`, at the operator's cost. Absent: there is no body builder."""
    auto_rankings: Mapping[str, tuple[str, ...]] = {}
    """Task (`code:debugging`, `translation`, …) → models that `auto` ranks for it while there is no traffic to learn
    from."""
    pareto: Mapping[Literal["high", "medium", "low"], tuple[str, ...]] = {}
    """How well they code → models that `pareto-code` chooses from."""
