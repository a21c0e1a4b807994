"""What tells requests of all formats with a conversation: head, members, one walk over the content."""

from collections.abc import Mapping

from msgspec import Raw, Struct

from trunkline.protocols.estimates import Surveyed
from trunkline.protocols.request_head import CommonHead
from trunkline.protocols.wire_types import EMPTY


class HeadedRequest(Struct, frozen=True, kw_only=True):
    """Answers, for `protocols.client.AskedRequest`, what no format answers in a way of its own."""

    members: Mapping[str, Raw]
    """All top-level members as sent, but for nulls."""
    head: CommonHead
    survey: Surveyed
    models: tuple[str, ...]
    """`model` first, then its fallbacks, duplicates removed, as sent; may be empty."""
    used_parameters: frozenset[str]
    """Exact names of the parameter enum that the request uses (routing-and-catalog.md 4.3)."""

    @property
    def provider(self) -> Raw:
        """The `provider` object as sent; empty when absent."""
        return self.members.get("provider", EMPTY)

    @property
    def plugins(self) -> Raw:
        """The `plugins` array as sent; empty when absent."""
        return self.members.get("plugins", EMPTY)

    @property
    def route(self) -> str | None:
        return self.head.route

    @property
    def preset(self) -> str | None:
        return self.head.preset

    @property
    def session_id(self) -> str | None:
        return self.head.session_id

    @property
    def prompt_tokens_estimate(self) -> int:
        return self.survey.tokens_estimate

    @property
    def num_images(self) -> int:
        return self.survey.media.images

    @property
    def num_audio(self) -> int:
        return self.survey.media.audio

    @property
    def num_media(self) -> int:
        """Images, files, recordings and videos together."""
        return self.survey.media.total
