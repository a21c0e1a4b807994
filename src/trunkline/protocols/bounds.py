"""How much of one answer is believed or kept, whatever the upstream sends."""

TOKENS_MAX = 10**8
"""Ten times the longest context there is: a larger count is not a count, and nobody shall pay for it."""
CHOICES_MAX = 128
"""`n` is at most this at OpenAI."""
CITATIONS_MAX = 1000
