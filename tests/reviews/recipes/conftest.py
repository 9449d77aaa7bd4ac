"""The tiny model of the learning room, for recipes that train on it."""

from __future__ import annotations

from tests.learning.conftest import base, tiny_path, tokenizer

__all__ = ["base", "tiny_path", "tokenizer"]
