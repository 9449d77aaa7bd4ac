"""Which shops were opened last, so that `backroom` alone opens the last one and the start page offers the others."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

MOST = 9


class Recent:
    """Shops that were opened, the last one first.

    Args:
        path: the file that they are kept in; one that cannot be read or written is done without.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def shops(self) -> list[Path]:
        """Shops that are still where they were."""
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            return [Path(item) for item in kept if isinstance(item, str) and Path(item).is_file()]
        except (OSError, ValueError, TypeError):
            return []

    def add(self, shop: Path) -> None:
        """A shop was opened."""
        shop = shop.absolute()
        kept = [str(shop), *(str(other) for other in self.shops() if other != shop)][:MOST]
        with contextlib.suppress(OSError):
            self._path.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
