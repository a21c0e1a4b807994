"""Rooms of the chat that people keep on the server, and snapshots that they share (site.md CHAT-02)."""
