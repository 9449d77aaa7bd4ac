"""Keeping what is the shop's inside the shop: the offline guard."""
