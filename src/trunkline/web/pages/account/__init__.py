"""Pages of signed-in people (site.md 13 to 18)."""
