"""Backroom's engine: everything the program does, without a screen."""

# The one place that says which version this is; packaging reads it here.
__version__ = "0.2.0"
