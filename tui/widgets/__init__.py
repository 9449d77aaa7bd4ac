"""Widgets of Backroom's own."""
