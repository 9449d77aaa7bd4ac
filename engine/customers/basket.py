"""What completes a basket: EASE over orders, large orders weighted down, with what the customer often buys beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from engine.customers.ease import ease, supported
from engine.customers.history import History

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

PENALTY = 6.0
HALF_LIFE = 180.0
"""Days after which an order counts half as much."""
OWN, MOST_OWN = 0.2, 0.5
"""What a customer's own share of orders with an item adds, and the share above which more says no more."""
_AT_ONCE = 1_000


@dataclass(frozen=True)
class Completion:
    """A fitted model.

    Attributes:
        history: what it was fitted on.
        items: the indices of the items it knows.
        weights: items × items: how much each in the basket speaks for each other.
        own: customers × items: the share of a customer's orders with an item.
    """

    history: History
    items: NDArray[np.int64]
    weights: NDArray[np.float32]
    own: sparse.csr_array

    @classmethod
    def fit(cls, history: History) -> Completion:
        """From all baskets of `history`: one of s items counts s^-1/2 times."""
        items = supported(history.support)
        age = (history.day[-1] if len(history.day) else 0.0) - history.day
        counts = (np.maximum(history.sizes, 1) ** -0.5 * 0.5 ** (age / HALF_LIFE)).astype(np.float32)
        penalty = PENALTY * float(np.mean(0.5 ** (age / HALF_LIFE))) if len(age) else PENALTY
        weights = ease(sparse.csr_array(history.contents[:, items]), counts, penalty)
        return cls(history, items, weights, own_share(history))

    def scores(self, baskets: sparse.csr_array, customer: NDArray[np.int64]) -> NDArray[np.float32]:
        """(baskets, items the model knows): how well each item completes each basket; -inf for what is in it.

        Args:
            baskets: baskets × all items of the history.
            customer: (baskets,) whose they are, -1 for unknown buyers.
        """
        known = sparse.csr_array(baskets[:, self.items])
        result: NDArray[np.float32] = known @ self.weights
        buyers = np.flatnonzero(customer >= 0)
        if len(buyers):
            share = np.minimum(self.own[customer[buyers]][:, self.items].toarray(), MOST_OWN)
            result[buyers] += OWN * share
        result[known.nonzero()] = -np.inf
        return result

    def complete(
        self, baskets: sparse.csr_array, customer: NDArray[np.int64], most: int = 10
    ) -> Iterator[NDArray[np.int64]]:
        """For each basket the indices of the items that complete it best, the best first."""
        for start in range(0, baskets.shape[0], _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            scores = self.scores(baskets[part], customer[part])
            for places in best(scores, most):
                yield self.items[places]


def own_share(history: History) -> sparse.csr_array:
    """Customers × items: the share of a customer's orders that hold an item."""
    orders = np.bincount(history.customer[history.customer >= 0], minlength=len(history.customers))
    scale = sparse.diags_array((1 / np.maximum(orders, 1)).astype(np.float32))
    return sparse.csr_array(scale @ history.by_customer())


def best(scores: NDArray[np.float32], most: int) -> Iterator[NDArray[np.int64]]:
    """For each row the columns of the highest scores, the highest first; -inf is never among them."""
    most = min(most, scores.shape[1])
    top = np.argpartition(-scores, most - 1, axis=1)[:, :most] if most else np.zeros((len(scores), 0), np.int64)
    for row, places in zip(scores, top, strict=True):
        order = np.lexsort((places, -row[places]))
        yield places[order][np.isfinite(row[places[order]])]
