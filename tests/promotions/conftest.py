"""The sample shop with its promotions measured."""

from tests.stock.conftest import planned, planned_shop

__all__ = ["planned", "planned_shop"]
