"""What the Sandbox says: plain sentences, chosen by a number, never pretending to be a model."""

import re

_OPENINGS = (
    "This is the Sandbox, not a model.",
    "The Sandbox answers here; no model was called.",
    "Sandbox answer: nothing left this machine.",
)
_SENTENCES = (
    "It speaks the same API as every provider, so that your program can be tried without a key.",
    "Set a provider's key, for example OPENAI_API_KEY, and start again to reach real models.",
    "The same request with the same seed always gets the same words.",
    "Tokens are counted and priced as the catalog says, but nobody is charged.",
    "Tools, reasoning, structured output and streaming behave as they do with a provider.",
    "Ask for a fault through `user`, for example sandbox:status=503, to test your error handling.",
)
_THOUGHTS = (
    "The request asks for an answer, and no model is at hand.",
    "A few plain sentences will show that the way there and back works.",
    "The counts of tokens have to add up, so every word is counted.",
    "Nothing here needs the network.",
)

TOKEN = re.compile(r"\s*\S{1,8}")
"""The Sandbox's tokenizer: up to eight characters of a word with the blanks before them."""


def tokens_of(text: str) -> list[str]:
    """Text cut into tokens; joined they are the text again but for blanks at its very end."""
    # Blanks that no word follows would be tried from each one of them: quadratic, minutes for a megabyte.
    return TOKEN.findall(text.rstrip())


def answer_text(number: int, model: str, question: str, media: list[str], choice: int) -> str:
    """The sentences of an answer."""
    opening = _OPENINGS[(number + choice) % len(_OPENINGS)]
    parts = [f"{opening} You asked for {model}."]
    if question:
        shown = question if len(question) <= 120 else question[:117] + "..."
        parts.append(f"You said: {' '.join(shown.split())!r}.")
    if media:
        parts.append(f"You sent {', '.join(media)}.")
    start = (number >> 3) + choice
    parts.extend(_SENTENCES[(start + step) % len(_SENTENCES)] for step in range(3))
    return " ".join(parts)


def reasoning_text(number: int, tokens: int) -> str:
    """About `tokens` tokens of visible thinking."""
    said: list[str] = []
    count = 0
    step = number % len(_THOUGHTS)
    while count < tokens:
        sentence = _THOUGHTS[step % len(_THOUGHTS)]
        said.append(sentence)
        count += len(tokens_of(sentence))
        step += 1
    return "".join(tokens_of(" ".join(said))[:tokens])
