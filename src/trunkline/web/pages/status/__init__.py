"""`/status`, `/status.json` and `/status.rss`: what works now, what did for ninety days, and incidents (site.md 10)."""
