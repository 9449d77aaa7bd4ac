"""The terminal app: screens over `engine.shop.Shop`, with no SQL and no model calls of its own."""
