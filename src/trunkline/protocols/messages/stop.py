"""How an answer ended, in the words of this format (inference.md 18.3, 30.7)."""

from typing import Final

from msgspec import Raw, Struct

from trunkline.core.errors import ProviderUnavailable, TrunklineError
from trunkline.protocols.events import Extra, Finished, GenerationEvent
from trunkline.protocols.lenient_json import NULL, is_blank, quoted

_OF_STOP: Final = frozenset({"stop_sequence", "pause_turn", "compaction"})
"""Native words that the hub's `stop` stands for."""
_WINDOW_FULL: Final = "model_context_window_exceeded"
_REFUSAL: Final = Raw(b'{"type":"refusal","category":null,"explanation":null}')
_AROUND: Final = frozenset({"stop_sequence", "stop_details", "container", "context_management"})
"""Members around the content that an upstream of this format says, and no other."""
_REQUIRED: Final = ("stop_reason", "stop_sequence", "stop_details", "container")


class Ending(Struct):
    """Filled from events as they come."""

    finished: Finished | None = None
    around: dict[str, Raw] = {}

    def note(self, event: GenerationEvent) -> None:
        """Remember what belongs to the end."""
        if isinstance(event, Finished) and not event.choice:
            self.finished = event
        elif isinstance(event, Extra) and event.path in _AROUND:
            self.around[event.path] = event.value

    @property
    def is_error(self) -> bool:
        """The model failed: there is no stop reason for that."""
        return self.finished is not None and self.finished.reason == "error"

    def error(self) -> TrunklineError:
        """What a client is told of an answer that ended so."""
        native = None if self.finished is None else self.finished.native_reason
        return ProviderUnavailable("The model's answer ended in an error. Try again.", provider_code=native)

    def members(self) -> bytes:
        """`stop_reason`, `stop_sequence`, `stop_details`, `container` and what else there is, without braces."""
        reason = self._stop_reason()
        details = self.around.get("stop_details", _REFUSAL if reason == "refusal" else NULL)
        return b'"stop_reason":%s,"stop_sequence":%s,"stop_details":%s,"container":%s' % (
            quoted(reason),
            self.around.get("stop_sequence", NULL),
            details,
            self.around.get("container", NULL),
        )

    @property
    def context_management(self) -> Raw | None:
        """What the upstream cut out of the conversation."""
        return self.around.get("context_management")

    def _stop_reason(self) -> str:
        finished = self.finished
        if finished is None:
            return "end_turn"
        native = finished.native_reason or ""
        match finished.reason:
            case "tool_calls":
                return "tool_use"
            case "length":
                return native if native == _WINDOW_FULL else "max_tokens"
            case "content_filter":
                return "refusal"
            case "stop" | "error":
                if native in _OF_STOP:
                    return native
                return "end_turn" if is_blank(self.around.get("stop_sequence")) else "stop_sequence"


def around_content(told: dict[str, Raw]) -> dict[str, Raw]:
    """An upstream's members with those that older versions leave out: strict clients insist on them (18.3)."""
    return {**told, **{name: NULL for name in _REQUIRED if name not in told}}
