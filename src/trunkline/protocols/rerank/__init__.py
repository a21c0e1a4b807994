"""Rerank (inference.md 21): one shape towards clients, one codec for the formats of upstreams."""
