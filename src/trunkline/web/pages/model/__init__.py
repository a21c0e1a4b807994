"""A model's page: its head and nine tabs (site.md 3)."""
