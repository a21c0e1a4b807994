"""Images (inference.md 22): one shape towards clients, one codec for each upstream format."""
