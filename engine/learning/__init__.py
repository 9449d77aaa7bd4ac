"""Learning: small trained parts (LoRA adapters, heads) made from labelled texts, measured, exported and described.

Nothing here is imported at start-up: torch and transformers are loaded only while an adapter is being made.
"""
