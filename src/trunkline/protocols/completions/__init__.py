"""Legacy text completions (inference.md 19)."""
