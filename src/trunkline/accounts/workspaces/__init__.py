"""Rooms of an account that keys and settings belong to (accounts-and-governance.md 9.1)."""
