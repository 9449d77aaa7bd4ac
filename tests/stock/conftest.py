"""The sample shop as the stock and promotions desks leave it, built once; no model is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import sample_data
from engine.desks import registry
from engine.desks.base import load
from engine.desks.opening import open_store
from engine.desks.work import Work
from engine.importing.desk import import_file
from engine.importing.report import ImportSettings
from engine.jobs import JobContext
from engine.store.database import Store
from sample_data.parts import PARTS

USED = ("sales", "stock", "promotions")


@pytest.fixture(scope="session")
def planned_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of a shop with orders, shelves, suppliers, ads and discounts, analysed by both desks."""
    path = tmp_path_factory.mktemp("planned") / "sample.shop"
    store = open_store(path, create=True)
    context = JobContext()
    names = [name for part in PARTS if part.name in USED for name in part.files]
    for name in names:
        import_file(store, sample_data.FOLDER / "files" / name, ImportSettings(accept=True), context)
    for desk in (registry.STOCK, registry.PROMOTIONS):
        load(desk.run or "")(Work(store, context, desk))
    store.close()
    return path


@pytest.fixture
def planned(planned_shop: Path) -> Iterator[Store]:
    """That shop, open."""
    store = open_store(planned_shop)
    yield store
    store.close()
