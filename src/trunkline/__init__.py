"""Trunkline: one API for every model and provider, run by yourself."""

from importlib.metadata import version

__version__ = version("trunkline")
