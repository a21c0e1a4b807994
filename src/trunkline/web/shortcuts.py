"""What keys do, for the list that `?` shows (site.md 27). The scripts that do it are `web/src/ui`."""

from msgspec import Struct


class Shortcut(Struct, frozen=True):
    """Each of `keys` is pressed in turn, or any of them where `are_alternatives`."""

    keys: tuple[str, ...]
    where: str
    does: str
    are_alternatives: bool = False


SHORTCUTS = (
    Shortcut(("Ctrl K", "⌘ K"), "Everywhere", "Search", True),
    Shortcut(("?",), "Everywhere", "This list"),
    Shortcut(("g", "m"), "Everywhere", "Models"),
    Shortcut(("g", "c"), "Everywhere", "Chat"),
    Shortcut(("g", "l"), "Everywhere", "Logs"),
    Shortcut(("g", "a"), "Everywhere", "Activity"),
    Shortcut(("g", "k"), "Everywhere", "API keys"),
    Shortcut(("/",), "Lists", "Filter"),
    Shortcut(("j", "k", "↓", "↑"), "Models, logs", "Move", True),
    Shortcut(("Enter",), "Models, logs", "Open"),
    Shortcut(("c",), "Models", "Choose for comparing"),
    Shortcut(("Esc",), "A request, menus", "Close"),
    Shortcut(("Ctrl /", "⌘ /"), "Chat", "New chat", True),
    Shortcut(("Ctrl J", "⌘ J"), "Chat", "Add a model", True),
    Shortcut(("Enter",), "Chat", "Send"),
    Shortcut(("Shift Enter",), "Chat", "Break the line"),
    Shortcut(("↑",), "Chat, nothing typed", "Edit the last prompt"),
    Shortcut(("Esc",), "Chat", "Stop all answers"),
)
