"""Reasoning as all formats know it: how much is asked for, and what of earlier turns goes back."""
