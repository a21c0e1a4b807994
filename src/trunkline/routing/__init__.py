"""Who may serve a request and in which order: pure functions of (request, catalog, health, dice)."""
