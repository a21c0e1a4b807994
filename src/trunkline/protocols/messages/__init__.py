"""Anthropic Messages, towards upstreams: Anthropic itself, Azure's Claude and servers that speak its format."""
