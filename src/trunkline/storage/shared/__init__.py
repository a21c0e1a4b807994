"""State that requests share while they run: holds, spend, request rates. Domain verbs, not a key-value store."""
