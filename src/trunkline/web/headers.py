"""Headers of every page: what a browser may load, and nothing else (site.md UX-10)."""

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "media-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        # Artifacts, whose frame has a policy of its own. It also keeps a frame from going anywhere else.
        "frame-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), payment=()",
    "cross-origin-opener-policy": "same-origin",
}

IMMUTABLE = "public, max-age=31536000, immutable"
"""Of files whose name contains their content's hash."""
REVALIDATED = "private, no-cache"
"""Of pages: they differ by the theme that a cookie names."""
PRIVATE = "private, no-store"
"""Of pages that belong to one person."""
