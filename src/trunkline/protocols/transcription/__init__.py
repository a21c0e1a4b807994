"""Transcription (inference.md 24): one shape towards clients, one codec for each upstream format."""
