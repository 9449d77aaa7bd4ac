"""How the adapters of the reviews desk are made: their data, their training, their measure (`python -m engine.reviews.recipes`)."""
