"""Upstream text made fit to be shown to a caller (inference.md 5.2): no keys, accounts, addresses, secret URLs."""

import re

REDACTED = "[redacted]"
TEXT_CHARS_MAX = 8192
_SCAN_CHARS_MAX = 64 * 1024

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    # -----BEGIN … KEY----- blocks, cut or whole.
    (re.compile(r"-----BEGIN [A-Z ]{0,40}KEY-----.*?(?:-----END [A-Z ]{0,40}KEY-----|\Z)", re.DOTALL), REDACTED),
    # URLs that carry credentials or any query, and addresses inside a private network.
    (re.compile(r"\b([a-z][a-z0-9+.-]{1,20})://[^\s\"'<>/@]{1,512}@", re.IGNORECASE), rf"\1://{REDACTED}@"),
    (re.compile(r"\b(https?://[^\s\"'<>?#\\]{1,2048})\?[^\s\"'<>\\]{1,4096}", re.IGNORECASE), rf"\1?{REDACTED}"),
    (
        re.compile(
            r"\bhttps?://(?:localhost|[a-z0-9.-]{1,200}\.(?:internal|local|svc|lan|corp))\b[^\s\"'<>\\]*", re.IGNORECASE
        ),
        REDACTED,
    ),
    # Bearer tokens, JWTs, and keys by their well-known prefixes.
    (
        re.compile(r"\b(bearer|basic|token)\s+(?=[^\s\"',]{0,400}[0-9])[A-Za-z0-9._~+/=*-]{8,}", re.IGNORECASE),
        rf"\1 {REDACTED}",
    ),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_.-]{6,}"), REDACTED),
    (
        re.compile(
            r"\b(?:sk|pk|rk|gsk|xai|pplx|nvapi|fw|hf|r8|csk|tgp|ghp|gho|glpat|xoxb|AKIA|ASIA|AIza|ya29)"
            r"[-_.]?(?=[A-Za-z0-9_*.-]{0,200}[0-9*])[A-Za-z0-9_*.-]{8,}"
        ),
        REDACTED,
    ),
    # name: value, where the name says that the value is a secret.
    (
        re.compile(
            r"((?:api[-_ ]?key|apikey|secret|password|passwd|access[-_ ]?token|refresh[-_ ]?token|authorization"
            r"|credential|signature|session[-_ ]?token)s?(?:\s+provided)?\\?[\"']?\s*[:=]\s*\\?[\"']?)"
            r"(?!\[redacted\])[^\s\"',;&}\\]{4,}",
            re.IGNORECASE,
        ),
        rf"\1{REDACTED}",
    ),
    # Account, organisation, project and request owners.
    (
        re.compile(
            r"\b(?:org|proj|user|acct|account|team|ws|workspace|tenant|sub)[-_](?=[A-Za-z]{0,60}[0-9])"
            r"[A-Za-z0-9]{6,64}\b"
        ),
        REDACTED,
    ),
    (re.compile(r"\barn:aws[a-z-]*:[^\s\"',\\]{6,512}", re.IGNORECASE), REDACTED),
    (re.compile(r"\bprojects/[A-Za-z0-9_:.-]{2,100}"), f"projects/{REDACTED}"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE), REDACTED),
    (re.compile(r"\b[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}\b"), REDACTED),
    (re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?(?![\w.]*\d)"), REDACTED),
    (re.compile(r"(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}(?::?[0-9a-f]{1,4}){1,4}(?![\w:])", re.IGNORECASE), REDACTED),
    # Any other long random word. Hyphens make names of models look random, so they count only in longer ones.
    (
        re.compile(
            r"(?<![A-Za-z0-9+/_-])(?=[a-z0-9+/_-]*[A-Z])(?=[A-Z0-9+/_-]*[a-z])(?=[A-Za-z+/_-]*[0-9])"
            r"(?:[A-Za-z0-9+/_]{32,1024}|[A-Za-z0-9+/_-]{40,1024})={0,2}"
        ),
        REDACTED,
    ),
    (re.compile(r"\b[0-9a-fA-F]{32,1024}\b"), REDACTED),
)


def redact(text: str) -> str:
    """`text` with everything that names or opens an account replaced, cut to a bounded length.

    Errs on the side of removing: a redacted model hash costs a hint, a leaked key costs an account.
    """
    text = redact_whole(text[:_SCAN_CHARS_MAX])
    if len(text) > TEXT_CHARS_MAX:
        text = text[:TEXT_CHARS_MAX] + "…"
    return text


def redact_whole(text: str) -> str:
    """The same without a bound: for what the operator keeps, never on the way of a request."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text
