"""Speech (inference.md 23): raw bytes towards clients, one codec for each upstream format."""
