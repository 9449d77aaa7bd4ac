"""Who bought what when, as matrices: what every analysis of this desk starts from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy import sparse

if TYPE_CHECKING:
    from numpy.typing import NDArray

SECONDS_PER_DAY = 86_400.0


@dataclass(frozen=True)
class History:
    """Baskets in order of time.

    Attributes:
        contents: baskets × items, float32, 1 where the item is in the basket (how many of it is not looked at: one
            wholesale order would outweigh a hundred customers).
        customer: (baskets,) index into `customers`, -1 where the buyer is unknown.
        day: (baskets,) days since 1970-01-01, with fractions.
        items, customers, baskets: the names behind the indices.
    """

    contents: sparse.csr_array
    customer: NDArray[np.int64]
    day: NDArray[np.float64]
    items: NDArray[np.str_]
    customers: NDArray[np.str_]
    baskets: NDArray[np.str_]

    @classmethod
    def of(cls, lines: pl.DataFrame) -> History:
        """From order lines with the columns customer (text, null when unknown), basket, time, item, quantity.

        Lines without an item or with a quantity of zero or less are left out: a return is no purchase.
        """
        lines = lines.filter(pl.col("item").is_not_null() & (pl.col("quantity") > 0))
        heads = lines.group_by("basket").agg(pl.col("time").min(), pl.col("customer").drop_nulls().first())
        heads = heads.sort("time", "basket").with_row_index("row")
        items, customers = lines["item"].unique().sort(), heads["customer"].drop_nulls().unique().sort()
        cells = (
            lines.select("basket", "item").unique(maintain_order=True).join(heads.select("basket", "row"), on="basket")
        )
        rows = cells["row"].to_numpy().astype(np.int64)
        columns = items.search_sorted(cells["item"]).to_numpy().astype(np.int64)
        contents = sparse.csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=(heads.height, len(items)))
        known = heads["customer"].is_not_null().to_numpy()
        customer = np.full(heads.height, -1, np.int64)
        if known.any():
            customer[known] = customers.search_sorted(heads["customer"].drop_nulls()).to_numpy()
        day = heads["time"].dt.epoch("ms").to_numpy() / (1000 * SECONDS_PER_DAY)
        return cls(
            contents,
            customer,
            day.astype(np.float64),
            items.to_numpy().astype(str),
            customers.to_numpy().astype(str),
            heads["basket"].to_numpy().astype(str),
        )

    def between(self, start: float = -np.inf, end: float = np.inf) -> History:
        """The baskets with start ≤ day < end; items and customers keep their indices."""
        low, high = np.searchsorted(self.day, [start, end])
        return History(
            self.contents[low:high],
            self.customer[low:high],
            self.day[low:high],
            self.items,
            self.customers,
            self.baskets[low:high],
        )

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """(baskets,) how many different items each basket holds."""
        result: NDArray[np.int64] = np.diff(self.contents.indptr).astype(np.int64)
        return result

    @cached_property
    def support(self) -> NDArray[np.int64]:
        """(items,) how many baskets hold each item."""
        return np.bincount(self.contents.indices, minlength=len(self.items)).astype(np.int64)

    def by_customer(self, weights: NDArray[np.float32] | None = None) -> sparse.csr_array:
        """Customers × items: the sum of their baskets, each counted `weights` (baskets,) times; unknown buyers left out."""
        known = np.flatnonzero(self.customer >= 0)
        weight = np.ones(len(known), np.float32) if weights is None else weights[known].astype(np.float32)
        owner = sparse.csr_array(
            (weight, (self.customer[known], known)), shape=(len(self.customers), len(self.customer)), dtype=np.float32
        )
        return sparse.csr_array(owner @ self.contents)
