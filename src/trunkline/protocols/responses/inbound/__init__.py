"""Responses as clients speak it (inference.md 17). What is beside this package speaks it to upstreams."""
