"""Video jobs (inference.md 25): one shape towards clients, one codec for each upstream format."""
