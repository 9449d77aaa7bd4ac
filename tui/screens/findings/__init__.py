"""Findings: Today, one finding, its evidence, the stored row; for every desk, also one that has no screens of its own."""
