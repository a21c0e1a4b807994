"""Coding agents as people install them, each with a real task, in front of a scripted model."""
