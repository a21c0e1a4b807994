"""Key secrets: minted, recognised, masked and hashed. Nothing here stores one.

A secret is `sk-tl-v1-` and 64 lowercase hex digits (operating.md OP-11; docs/develop/decisions/0005-key-format.md).
The original's `sk-or-v1-` is accepted wherever a secret is given, never minted. The database knows a secret only as
`hash`, the hex SHA-256 of the full string (KEY-02), and as `label`, which shows three digits at each end (KEY-03).
"""

import hashlib
import hmac
import re
import secrets

PREFIX = "sk-tl-v1-"
ACCEPTED_PREFIXES = (PREFIX, "sk-or-v1-")
_SECRET = re.compile(r"sk-(?:tl|or)-v1-[0-9a-f]{64}", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SHOWN_DIGITS = 3


def mint_secret() -> str:
    """A new secret of 256 random bits, in our format."""
    return PREFIX + secrets.token_hex(32)


def is_secret(text: str) -> bool:
    """Whether `text` has the format of a key, ours or the original's."""
    return _SECRET.fullmatch(text) is not None


def is_hash(text: str) -> bool:
    """Whether `text` can be a key's `hash`: 64 lowercase hex digits."""
    return _HASH.fullmatch(text) is not None


def presented_secret(authorization: bytes | None, x_api_key: bytes | None) -> bytes | None:
    """What a request's two headers offer as secret: a bearer token, else `x-api-key`; None for neither (API-03).

    An empty bearer token, or another scheme, counts as absent: Anthropic clients may send both headers.
    """
    if authorization is not None and authorization[:7].lower() == b"bearer ":
        token = authorization[7:].strip()
        if token:
            return token
    return x_api_key or None


def hash_secret(secret: str | bytes) -> str:
    """The key's public `hash`; applications compute the same to link to a key's pages (KEY-02)."""
    return hashlib.sha256(secret.encode("utf-8") if isinstance(secret, str) else secret).hexdigest()


def mask_secret(secret: str) -> str:
    """`sk-tl-v1-0e6...c96`. Expects a well-formed secret."""
    prefix, digits = secret[: len(PREFIX)], secret[len(PREFIX) :]
    return f"{prefix}{digits[:_SHOWN_DIGITS]}...{digits[-_SHOWN_DIGITS:]}"


def same_hash(presented: str, stored: str) -> bool:
    """Comparison whose time tells nothing about where two hashes differ (operating.md OP-52)."""
    return hmac.compare_digest(presented, stored)


def mint_token() -> str:
    """A one-time token for a link: 256 random bits, safe in a URL; stored only as its hash."""
    return secrets.token_urlsafe(32)
