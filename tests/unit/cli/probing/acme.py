"""A provider that is configured by `[[endpoints]]` and does everything that a probe asks."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from click.testing import Result

from tests.fakes.openai_chat import function_call, usage
from tests.fakes.provider import FakeProvider, RecordedRequest
from tests.fakes.replies import answer

Run = Callable[..., Result]

KEY = "acme-internal-key-of-nobody"
PARAMETERS = ("max_tokens", "tools", "tool_choice", "structured_outputs", "response_format", "reasoning")


def has(member: str) -> Callable[[RecordedRequest], bool]:
    return lambda request: member in request.json


def has_picture(request: RecordedRequest) -> bool:
    return b"image/png;base64," in request.body


def do_the_rest(provider: FakeProvider) -> None:
    """Rules for what a plain answer does not show; those that a test made before go first."""
    call = function_call("say", '{"word":"OK"}')
    provider.when(has("tools"), answer(None, tool_calls=[call], finish="tool_calls"))
    provider.when(has("response_format"), answer('{"word": "OK"}'))
    provider.when(has("reasoning_effort"), answer("391", reasoning_content="17 * 23 is", used=usage(reasoning=5)))


def entry(provider: FakeProvider, model: str = "acme/rocket", **members: object) -> dict[str, Any]:
    return {
        "model": model,
        "provider": "acme",
        "protocol": "openai-chat",
        "base_url": provider.url,
        "api_key": KEY,
        "upstream_model": model.split("/")[1],
        "supported_parameters": list(PARAMETERS),
        "input_modalities": ["text", "image"],
        "pricing": {"prompt": "0.000001", "completion": "0.000002"},
        **members,
    }


def toml(endpoints: list[dict[str, Any]]) -> str:
    """A configuration with these endpoints and no provider from the environment."""
    tables = (
        "[[endpoints]]\n" + "".join(f"{key} = {_inline(value)}\n" for key, value in one.items()) for one in endpoints
    )
    return "".join(tables) + "[discovery]\nenvironment = false\nlocal_engines = false\n"


def _inline(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_inline(inner)}" for key, inner in value.items()) + " }"
    return json.dumps(value)
