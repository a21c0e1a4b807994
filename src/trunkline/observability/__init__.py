"""Logs and metrics of the running process."""
