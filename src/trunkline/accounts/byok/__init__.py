"""Callers' own provider keys: stored sealed, in an order, each with what providers said of it last
(accounts-and-governance.md 8)."""
