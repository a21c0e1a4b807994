"""What the terminal says when the gateway is up (OP-11, OP-12): everything once, a short line afterwards."""

from collections import Counter
from collections.abc import Iterator

from trunkline import __version__
from trunkline.accounts.bootstrap import FirstStart
from trunkline.catalog.types import Snapshot
from trunkline.providers.types import ProviderRuntime, Providers
from trunkline.settings import Settings

FIRST_MODEL = "openai/gpt-5.4-mini"


def welcome(settings: Settings, first: FirstStart | None, snapshot: Snapshot, providers: Providers) -> str:
    """The text for this start. `first` is set on the very first one only: its secrets are never shown again."""
    url = settings.public_url
    lines = [f"Trunkline {__version__} listens on {url}", *provider_lines(snapshot, providers)]
    if first is not None:
        lines += ["", *_first_steps(url, first)]
    return "\n".join(lines)


def provider_lines(snapshot: Snapshot, providers: Providers) -> Iterator[str]:
    """One line for each provider found, and what the Sandbox does."""
    counts = Counter(
        slug for model in snapshot.models.values() for slug in {endpoint.provider for endpoint in model.endpoints}
    )
    enabled = [runtime for runtime in providers.by_slug.values() if runtime.source != "sandbox"]
    for runtime in sorted(enabled, key=lambda one: one.provider.name.lower()):
        yield f"  {runtime.provider.name}: {_models(counts[runtime.provider.slug])} ({_origin(runtime)})"
    if providers.sandbox_answers_all:
        yield "  No provider found: the built-in Sandbox answers every model, free and offline."
        yield "  Set a key such as OPENAI_API_KEY and start again to reach real ones."
    elif providers.sandbox is not None:
        yield "  Sandbox: always on ([sandbox] mode)"


def _models(count: int) -> str:
    return "1 model" if count == 1 else f"{count} models"


def _origin(runtime: ProviderRuntime) -> str:
    match runtime.source:
        case "environment":
            return "key from the environment"
        case "configuration":
            return "configured"
        case "discovered":
            return f"found at {runtime.base_url}"
        case "sandbox":
            return "built in"
        case "caller":
            return "a caller's key"


def _first_steps(url: str, first: FirstStart) -> Iterator[str]:
    yield "This is the first start. What follows is shown only now:"
    yield ""
    yield f"  Sign in, once, within 24 hours:  {url}/sign-in?token={first.sign_in_token}"
    yield f"  API key, for models:             {first.api_key}"
    yield f"  Management key, for keys:        {first.management_key}"
    yield ""
    yield "A first request:"
    yield ""
    yield f"  curl {url}/api/v1/chat/completions \\"
    yield f'    -H "Authorization: Bearer {first.api_key}" \\'
    yield '    -H "Content-Type: application/json" \\'
    yield f'    -d \'{{"model": "{FIRST_MODEL}", "messages": [{{"role": "user", "content": "Say hello"}}]}}\''
    yield ""
