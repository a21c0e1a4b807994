"""Callers' own provider keys, as providers want them: what they look like, and how they are called with
(accounts-and-governance.md 8.2)."""
