"""How long pages and their questions take over the rollups of many generations (docs/operate/statistics.md)."""
