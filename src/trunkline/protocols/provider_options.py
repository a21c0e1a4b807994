"""`provider.options`: members for one provider each, passed on where it is the one that is called
(routing-and-catalog.md 4.1; inference.md 22.1, 25.1)."""

from collections.abc import Mapping
from typing import TypeAlias

import msgspec
from msgspec import Raw

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.lenient_json import is_blank
from trunkline.protocols.validation import decode

ProviderOptions: TypeAlias = Mapping[str, Mapping[str, Raw]]
"""Provider slug → its members, as sent."""

NO_OPTIONS: ProviderOptions = {}
_members = msgspec.json.Decoder(dict[str, Raw])
_options = msgspec.json.Decoder(dict[str, dict[str, Raw]])


def provider_options(provider: Raw) -> ProviderOptions:
    """The options of a request's `provider` object. Raises InvalidRequest for what is no object of objects."""
    if is_blank(provider):
        return NO_OPTIONS
    raw = decode(_members, provider, "provider").get("options")
    return NO_OPTIONS if raw is None or is_blank(raw) else decode(_options, raw, "provider.options")


def options_for(options: ProviderOptions, target: UpstreamTarget, known: frozenset[str]) -> dict[str, Raw]:
    """Those of the provider that is called, as far as it is known to take them; the others are dropped silently."""
    given = options.get(target.provider, {})
    return {name: value for name, value in given.items() if name in known or name in target.passthrough}
