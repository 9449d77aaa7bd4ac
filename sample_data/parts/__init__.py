"""The parts of the sample shop: one per desk, each with the files it writes and the truths it plants.

To add a part for the desk `stock`:

1. Write `sample_data/parts/stock.py` with the functions that the part needs, each given the `Sample`:

       def plant(sample: Sample) -> None               # optional: change the shop before anything is written,
           ...                                          #   e.g. `sample.add(orders)`, a discount code, a price
       def write(sample: Sample) -> dict[str, bytes]    # the export files by name, as their platform would write them
           ...
       def truth(sample: Sample) -> dict[str, Any]      # what is planted, counted from what was generated
           ...

   Chance comes from `sample.rng("stock")` alone: whole numbers only, no clock, no set order, so that the same seed gives the
   same bytes. Files are made with `sample_data.tables.Table`; people, places and names are invented (example.com, 555).
2. Add one line to `PARTS` below: the name, and the files in the order in which a seller would import them.
3. Run `python -m sample_data.generate`. It writes `files/*` and `truth/stock.json`; commit both. Files of other parts change
   only when `plant` changed what they tell: say so in the commit.
4. Test in `tests/stock/` that each truth is in the files (read with `csv`, not with the generator) and that the desk finds it.

`truth` returns a dict of JSON values. `"truths"` lists what is planted, one dict each:

    id        its name, unique in the whole shop: "daypack-runs-out"
    kind      what sort of thing it is
    says      one sentence for a reader
    numbers   the figures, counted from the sample; with `k` and `n` where something is counted
    expect    "finding", or "no finding" for a control that must not be shouted
    product   `sample_data.catalogue.subject(product)`, where it is about one
    evidence  what the desk's tests need to know it again: "file:line" of rows, SKUs, order numbers

`"rows"` counts records by name; whatever else the desk's tests measure against may stand beside, under a name of its own.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from types import ModuleType


@dataclass(frozen=True)
class Part:
    """A part of the sample shop: `sample_data/parts/<name>.py`, the files it writes, and `truth/<name>.json`."""

    name: str
    files: tuple[str, ...]

    def load(self) -> ModuleType:
        """The module that plants, writes and tells; loaded only to generate."""
        return importlib.import_module(f"sample_data.parts.{self.name}")


# In the order of import: catalogues first, then orders, then what refers to them.
PARTS: tuple[Part, ...] = (
    Part(
        "sales",
        (
            "shopify_products.csv",
            "amazon_listings.txt",
            "shopify_orders.csv",
            "amazon_all_orders.txt",
            "taobao_ExportOrderList.csv",
            "amazon_fba_returns.txt",
        ),
    ),
    Part("reviews", ("judgeme_reviews.csv", "loox_reviews.csv", "taobao_pingjia.csv")),
    Part("writing", ("ebay_active_listings.csv",)),
    Part("stock", ("shopify_inventory.csv", "suppliers.csv", "meta_ads.csv")),
    Part("promotions", ("shopify_discounts.csv",)),
    Part("customers", ()),
)
