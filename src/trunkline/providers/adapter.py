"""How a provider is spoken to: address, authentication, constant headers.

Keys are sent here; what signs requests one by one, or fetches tokens for them, stands in `signing/`.
"""

from collections.abc import Mapping

from trunkline import __version__
from trunkline.catalog.types import Auth, Endpoint
from trunkline.providers.keys import Headers
from trunkline.providers.types import ProviderRuntime
from trunkline.providers.upstream import UpstreamRequest

KEY_SCHEMES = frozenset({"bearer", "header", "token"})

_CONSTANT: Mapping[str, str] = {"content-type": "application/json", "user-agent": f"trunkline/{__version__}"}
_ACCEPT_STREAM = (("accept", "text/event-stream"),)
_ACCEPT_STREAM_OF = {"bedrock-converse": (("accept", "application/vnd.amazon.eventstream"),)}
"""Of protocols whose streams are no server-sent events."""
_ACCEPT_WHOLE = (("accept", "application/json"),)


def takes_key(auth: Auth) -> bool:
    """Whether a plain key opens it."""
    return auth.scheme in KEY_SCHEMES or auth.alternative in KEY_SCHEMES


def complete_headers(auth: Auth, key: str | None, extra: Mapping[str, str]) -> Headers:
    """Everything that is the same in each request to a provider; `extra`, the operator's, wins. Names in lower case."""
    headers = dict(_CONSTANT)
    headers.update((name.lower(), value) for name, value in auth.extra_headers.items())
    if key is not None:
        headers[auth.header.lower()] = _credential(auth, key)
    headers.update((name.lower(), value) for name, value in extra.items())
    return tuple(headers.items())


def _credential(auth: Auth, key: str) -> str:
    scheme = auth.scheme if auth.scheme in KEY_SCHEMES else auth.alternative
    # A key of an endpoint's own, where others would be signed for, is a token that somebody else fetched.
    prefix = auth.prefix or {"bearer": "Bearer", "token": "Token", None: "Bearer"}.get(scheme, "")
    return f"{prefix} {key}" if prefix else key


def upstream_request(
    runtime: ProviderRuntime, endpoint: Endpoint, path: str, body: bytes, stream: bool, *, protocol: str
) -> UpstreamRequest:
    """The request that carries `body` to `path` under the base address at which `protocol` is spoken.

    An endpoint's own address and key go before its provider's.
    """
    signer = runtime.signer
    if endpoint.api_key is not None:
        headers, signer = _with_own_key(runtime, endpoint.api_key), None
    elif runtime.keys is not None:
        headers = runtime.keys.next()
    else:
        headers = runtime.headers
    return UpstreamRequest(
        url=_under(endpoint.base_url or runtime.base_urls.get(protocol, runtime.base_url), path),
        headers=headers + (_ACCEPT_STREAM_OF.get(protocol, _ACCEPT_STREAM) if stream else _ACCEPT_WHOLE),
        body=body,
        connect_timeout_s=runtime.connect_timeout_s,
        # A whole answer is one silence until it is there: a model that thinks for two minutes is not a dead one.
        # Half of the time, so that another endpoint can still be tried when it is.
        read_timeout_s=runtime.read_timeout_s if stream else max(runtime.read_timeout_s, runtime.total_timeout_s / 2),
        proxy_url=runtime.proxy_url,
        signer=signer,
    )


def _under(base_url: str, path: str) -> str:
    """`path` under a base address, whose query (Azure's `api-version`) stays at the end."""
    base, mark, query = base_url.partition("?")
    return f"{base}/{path}{mark}{query}"


def _with_own_key(runtime: ProviderRuntime, key: str) -> Headers:
    auth = runtime.provider.auth
    name = auth.header.lower()
    return (*(header for header in runtime.headers if header[0] != name), (name, _credential(auth, key)))
