"""Backroom's engine: everything the program does, without a screen."""

__version__ = "0.1.0"
