"""Backroom's own colours."""

from __future__ import annotations

from textual.theme import Theme

THEME = Theme(
    name="backroom",
    primary="#6a9fb5",
    secondary="#aa759f",
    warning="#e0a458",
    error="#d9756b",
    success="#8fb573",
    accent="#e0a458",
    foreground="#d8d4cc",
    background="#16181b",
    surface="#1b1e22",
    panel="#282c32",
    dark=True,
)
