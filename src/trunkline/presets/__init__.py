"""Presets: parts of a request under a name (routing-and-catalog.md 15)."""
