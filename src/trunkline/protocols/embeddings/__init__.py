"""Embeddings (inference.md 20): one shape towards clients, one codec for each upstream format."""
