"""Cohere's chat, version 2, towards upstreams."""
