"""Shop: one open `.shop` file and everything that can be asked of it.

The command line and the terminal app hold a Shop and nothing deeper. Reading methods are quick SQL on this thread's
read-only connection and may be called from any thread; `import_file` and `analyze` are jobs: they take a `JobContext`,
report progress and obey its cancel flag.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import ShopError, UsageError
from engine.findings import STATES, AnalysisReport, Finding
from engine.jobs import JobContext

if TYPE_CHECKING:
    from engine.exporting.desk import Exported
    from engine.importing.profiles import ProfileSummary
    from engine.importing.report import ImportReport, ImportSettings, Recognition

_OF_A_PRODUCT = (("product_name", "product"), ("product_id", "product id"), ("sku", "SKU"), ("variant", "variant"))
COLUMN_MEANINGS: dict[str, tuple[tuple[str, str], ...]] = {
    "review": (
        ("text", "review text"), ("follow_up", "follow-up review"), ("title", "review title"), ("stars", "stars"),
        ("written_at", "date"), *_OF_A_PRODUCT, ("order_id", "order number"), ("review_id", "review id"),
        ("author", "customer"), ("email", "customer's email"), ("verified", "verified purchase"), ("courier", "courier"),
        ("reply", "reply"),
    ),
    "order": (
        ("order_id", "order number"), ("line_id", "order line's id"), ("ordered_at", "order date"), *_OF_A_PRODUCT,
        ("quantity", "quantity"), ("unit_price", "price of one"), ("amount", "amount of the line"),
        ("discount", "discount"), ("tax", "tax"), ("shipping", "shipping"), ("refunded", "refunded amount"),
        ("currency", "currency"), ("status", "order status"), ("customer", "customer"), ("email", "customer's email"),
        ("city", "city"), ("country", "country"), ("courier", "courier"),
    ),
    "stock": (
        *_OF_A_PRODUCT, ("on_hand", "in stock"), ("available", "available to sell"), ("committed", "reserved"),
        ("incoming", "on the way"), ("location", "warehouse"), ("day", "date"),
    ),
    "product": (
        ("title", "product name"), ("product_id", "product id"), ("sku", "SKU"), ("price", "price"),
        ("compare_at_price", "price before"), ("cost", "cost"), ("stock", "in stock"), ("barcode", "barcode"),
        ("description", "description"), ("brand", "brand"), ("category", "category"), ("currency", "currency"),
        ("url", "web address"),
    ),
    "returns": (
        ("order_id", "order number"), ("returned_at", "date of return"), *_OF_A_PRODUCT, ("quantity", "quantity"),
        ("reason", "reason"), ("comment", "customer's comment"), ("status", "status"), ("refund", "refund"),
        ("currency", "currency"),
    ),
    "ads": (
        ("day", "date"), ("campaign", "campaign"), ("ad_group", "ad group"), ("ad", "ad"), ("keyword", "keyword"),
        ("impressions", "impressions"), ("clicks", "clicks"), ("spend", "spend"), ("orders", "orders"),
        ("units", "units sold"), ("sales", "sales"), ("currency", "currency"),
    ),
    "sessions": (
        ("day", "date"), ("channel", "channel"), ("page", "page"), *_OF_A_PRODUCT, ("sessions", "sessions"),
        ("page_views", "page views"), ("units", "units sold"), ("orders", "orders"), ("sales", "sales"),
    ),
}  # fmt: skip
"""What a column can mean in each kind of file: the stored column's name and its plain label."""
_KINDS = {"reviews": "review", "orders": "order", "products": "product", "listings": "product", "items": "order"}
TELLING = (
    *("order_id", "title", "name", "sku", "variant", "option1", "location", "status", "reason", "quantity", "amount"),
    *("total", "price", "available", "on_hand", "stock", "currency"),
)
"""The columns that tell a row that has no text from others, in the order in which they are read."""
SENTIMENTS = ("negative", "neutral", "positive")


@dataclass(frozen=True)
class Overview:
    """What a shop holds, in counts; days are ISO text or None when no row has one."""

    reviews: int
    reviews_labelled: int
    orders: int
    order_lines: int
    products: int
    returns: int
    imports: int
    findings: int
    first_day: str | None
    last_day: str | None
    languages: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class ReviewFilter:
    """Which reviews to show; every field that is set must hold."""

    product: str | None = None
    sentiment: str | None = None
    month: str | None = None
    words: str | None = None
    stars: float | None = None
    language: str | None = None
    abstained: bool | None = None


@dataclass(frozen=True)
class ReviewRow:
    """One review as a list shows it; `probabilities` maps each sentiment to its share, empty before labelling.

    `sentiment_method` says how the label was read and how well that agrees with this shop's own stars.
    """

    id: int
    product: str | None
    product_name: str | None
    day: str | None
    stars: float | None
    title: str | None
    text: str
    language: str | None
    sentiment: str | None
    confidence: float | None
    abstain: bool
    sentiment_source: str | None
    sentiment_method: str | None
    probabilities: dict[str, float]
    file: str
    line: int


@dataclass(frozen=True)
class ProductRow:
    """A product with its counts; `stars` is the mean over reviews that carry stars."""

    product: str
    name: str
    reviews: int
    negative: int
    stars: float | None
    units: float


@dataclass(frozen=True)
class EvidenceRow:
    """One piece of evidence, opened: `quote` is exactly `text[start:end]`, or the whole text when no span is meant."""

    finding: int
    table_name: str
    row_id: int
    file: str
    sheet: str | None
    line: int
    text: str
    start: int | None
    end: int | None
    quote: str
    role: str
    day: str | None
    stars: float | None
    product_name: str | None

    def as_json(self) -> dict[str, Any]:
        """The shape `evidence --json` prints."""
        return {
            "finding": self.finding,
            "table": self.table_name,
            "row_id": self.row_id,
            "file": self.file,
            "sheet": self.sheet,
            "line": self.line,
            "start": self.start,
            "end": self.end,
            "quote": self.quote,
            "role": self.role,
            "day": self.day,
            "stars": self.stars,
            "product_name": self.product_name,
        }


@dataclass(frozen=True)
class StoredRow:
    """A row as it is stored, with where it came from; `columns` are name and value pairs, empty ones left out."""

    table_name: str
    row_id: int
    file: str
    sheet: str | None
    line: int
    columns: tuple[tuple[str, Any], ...]


def now() -> str:
    """This moment as ISO text in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class Shop:
    """An open shop.

    Args:
        path: the `.shop` file.
        create: whether to begin a new shop when the file is missing.

    Raises:
        ShopError: the file is missing, is no shop, or cannot be opened.
    """

    def __init__(self, path: Path | str, *, create: bool = False) -> None:
        from engine.store.database import Store

        self.path = Path(path)
        if self.path.suffix != ".shop":
            raise UsageError(f"{self.path.name}: a shop's file name ends in .shop.")
        self.store = Store(self.path, create=create)

    @property
    def read_only(self) -> bool:
        """Whether the file can only be looked at."""
        return self.store.read_only

    def close(self) -> None:
        """Close this thread's connection."""
        self.store.close()

    # -- looking ---------------------------------------------------------------------------------------------------

    def overview(self) -> Overview:
        """Counts and period of everything in the shop."""
        count = self.store.value
        days = self.store.rows(
            "SELECT min(day) AS first, max(day) AS last FROM "
            "(SELECT day FROM reviews UNION ALL SELECT day FROM order_lines UNION ALL SELECT day FROM orders)"
        )[0]
        languages = self.store.rows(
            "SELECT language, count(*) AS n FROM reviews WHERE language IS NOT NULL GROUP BY 1 ORDER BY 2 DESC"
        )
        return Overview(
            reviews=count("SELECT count(*) FROM reviews"),
            reviews_labelled=count(
                "SELECT count(DISTINCT row_id) FROM labels WHERE table_name = 'reviews' AND task = 'sentiment'"
            ),
            orders=count("SELECT count(*) FROM orders"),
            order_lines=count("SELECT count(*) FROM order_lines"),
            products=count("SELECT count(*) FROM product_keys"),
            returns=count("SELECT count(*) FROM returns"),
            imports=count("SELECT count(*) FROM imports WHERE state = 'loaded'"),
            findings=count("SELECT count(*) FROM findings WHERE current AND state != 'dismissed'"),
            first_day=days["first"],
            last_day=days["last"],
            languages=tuple((row["language"], row["n"]) for row in languages),
        )

    def findings(
        self,
        *,
        desk: str | None = None,
        kind: str | None = None,
        product: str | None = None,
        today: bool = False,
        include_dismissed: bool = False,
    ) -> list[Finding]:
        """Current findings, highest rank first; `today` keeps those worth showing first (rank above zero)."""
        where, values = ["current"], []
        if desk:
            where.append("desk = ?")
            values.append(desk)
        if kind:
            where.append("kind = ?")
            values.append(kind)
        if product:
            where.append("json_extract(subject, '$.product') = ?")
            values.append(product)
        if today:
            where.append("rank > 0")
        if not include_dismissed:
            where.append("state != 'dismissed'")
        rows = self.store.rows(
            "SELECT f.*, (SELECT count(*) FROM evidence e WHERE e.finding_id = f.id) AS evidence_count FROM findings f "
            f"WHERE {' AND '.join(where)} ORDER BY rank DESC, k DESC, key",
            values,
        )
        return [Finding.from_row(row) for row in rows]

    def finding(self, finding: int | str) -> Finding:
        """One finding by its id or key.

        Raises:
            UsageError: there is none.
        """
        column = "id" if isinstance(finding, int) or str(finding).isdigit() else "key"
        rows = self.store.rows(
            "SELECT f.*, (SELECT count(*) FROM evidence e WHERE e.finding_id = f.id) AS evidence_count FROM findings f "
            f"WHERE {column} = ?",
            [finding],
        )
        if not rows:
            raise UsageError(f"there is no finding {finding}.", todo="`backroom findings SHOP` lists them.")
        return Finding.from_row(rows[0])

    def evidence(self, finding: int) -> list[EvidenceRow]:
        """The rows a finding rests on, in reading order, with the words that carry it."""
        told = self.store.value(
            "SELECT json_extract(numbers, '$.import_id') FROM findings WHERE id = ? AND desk = 'imports'", [finding]
        )
        opened = []
        for item in self.store.rows("SELECT * FROM evidence WHERE finding_id = ? ORDER BY position", [finding]):
            table = item["table_name"]
            # News of an import is read in that import's file, where a known row stands on another line than before.
            row = self.store.rows(
                f"SELECT t.*, coalesce(n.file, i.file) AS file, p.name AS key_name, s.line AS seen_line "
                f"FROM {_table(table)} t JOIN imports i ON i.id = t.import_id "
                "LEFT JOIN product_keys p ON p.product = t.product "
                "LEFT JOIN row_seen s ON s.table_name = ? AND s.row_id = t.id AND s.import_id = ? "
                "LEFT JOIN imports n ON n.id = s.import_id WHERE t.id = ?",
                [table, told, item["row_id"]],
            )
            if not row:
                continue
            stored = row[0]
            start, end = item["start"], item["end"]
            text = str(stored.get(item["column_name"] or "text") or "")
            if told is not None:
                text = self._in_words(table, stored, told)
            seen = stored["seen_line"]
            opened.append(
                EvidenceRow(
                    finding=finding,
                    table_name=table,
                    row_id=item["row_id"],
                    file=stored["file"],
                    sheet=stored["sheet"] if seen is None else None,
                    line=stored["line"] if seen is None else seen,
                    text=text,
                    start=start,
                    end=end,
                    quote=text if start is None else text[start:end],
                    role=item["role"],
                    day=stored.get("day"),
                    stars=stored.get("stars"),
                    product_name=stored["key_name"] or stored.get("product_name"),
                )
            )
        return opened

    def _in_words(self, table: str, stored: dict[str, Any], import_id: int) -> str:
        """A stored row in a line, and what an import changed in it."""
        from engine.importing.news import changes_of

        changes = changes_of(
            self.store.rows(
                "SELECT before, after FROM row_changes WHERE import_id = ? AND table_name = ? AND row_id = ? ORDER BY id",
                [import_id, table, stored["id"]],
            )
        )
        text = str(stored.get("text") or "")
        cells = [text] if text else [f"{stored[name]:g}" if isinstance(stored[name], float) else str(stored[name])
                                     for name in TELLING if stored.get(name) not in (None, "")]  # fmt: skip
        return " · ".join([*cells, *([changes] if changes else [])])

    def row(self, table_name: str, row_id: int) -> StoredRow:
        """One stored row with its file and line.

        Raises:
            UsageError: no such table or row.
        """
        rows = self.store.rows(
            f"SELECT i.file AS _file, t.* FROM {_table(table_name)} t JOIN imports i ON i.id = t.import_id WHERE t.id = ?",
            [row_id],
        )
        if not rows:
            raise UsageError(f"there is no row {row_id} in {table_name}.")
        stored = rows[0]
        file = stored.pop("_file")
        extra = json.loads(stored.pop("extra", None) or "{}")
        columns = [(name, value) for name, value in stored.items() if value not in (None, "")]
        columns += [(str(name), value) for name, value in extra.items()]
        return StoredRow(table_name, row_id, file, stored["sheet"], stored["line"], tuple(columns))

    def reviews(self, which: ReviewFilter | None = None, *, offset: int = 0, limit: int = 100) -> list[ReviewRow]:
        """A page of reviews, newest first."""
        where, values = _review_where(which or ReviewFilter())
        rows = self.store.rows(
            f"SELECT *, {_METHOD} FROM v_reviews WHERE {where} ORDER BY day DESC, id DESC LIMIT ? OFFSET ?",
            [*values, limit, offset],
        )
        return [_review_row(row) for row in rows]

    def review(self, row_id: int) -> ReviewRow:
        """One review with its label."""
        rows = self.store.rows(f"SELECT *, {_METHOD} FROM v_reviews WHERE id = ?", [row_id])
        if not rows:
            raise UsageError(f"there is no review {row_id}.")
        return _review_row(rows[0])

    def count_reviews(self, which: ReviewFilter | None = None) -> int:
        """How many reviews a filter keeps."""
        where, values = _review_where(which or ReviewFilter())
        return int(self.store.value(f"SELECT count(*) FROM v_reviews WHERE {where}", values))

    def products(self) -> list[ProductRow]:
        """All products that have reviews or sales, most reviewed first."""
        rows = self.store.rows(
            """
            WITH r AS (SELECT product, count(*) AS reviews, sum(sentiment = 'negative') AS negative, avg(stars) AS stars
                       FROM v_reviews GROUP BY product),
                 l AS (SELECT product, sum(quantity) AS units FROM order_lines
                       WHERE coalesce(status, '') NOT IN ('cancelled', 'brushing') GROUP BY product)
            SELECT p.product, p.name, coalesce(r.reviews, 0) AS reviews, coalesce(r.negative, 0) AS negative, r.stars,
                   coalesce(l.units, 0) AS units
            FROM product_keys p LEFT JOIN r USING (product) LEFT JOIN l USING (product)
            ORDER BY reviews DESC, units DESC, p.name
            """
        )
        return [ProductRow(**row) for row in rows]

    def months(self) -> list[str]:
        """The months that have reviews, newest first, as `2026-03`."""
        rows = self.store.rows("SELECT DISTINCT month FROM v_reviews WHERE month IS NOT NULL ORDER BY 1 DESC")
        return [row["month"] for row in rows]

    def imports(self) -> list[dict[str, Any]]:
        """Every import, newest first, in the shape `import --json` prints plus `state` and `imported_at`."""
        rows = self.store.rows("SELECT * FROM imports ORDER BY id DESC")
        return [
            {
                **json.loads(row["report_json"]),
                "import_id": row["id"],
                "state": row["state"],
                "imported_at": row["imported_at"],
            }
            for row in rows
        ]

    def query(self, sql: str, *, seconds: float = 10.0) -> tuple[list[str], list[tuple[Any, ...]], bool]:
        """A seller's own read-only SQL: column names, rows (at most 10,000), and whether there were more."""
        return self.store.query(sql, seconds=seconds)

    # -- deciding --------------------------------------------------------------------------------------------------

    def set_state(self, finding: int, state: str, reason: str | None = None) -> None:
        """Mark a finding new, seen, dismissed (with a reason) or acted on."""
        if state not in STATES:
            raise UsageError(f"a finding is one of: {', '.join(STATES)}.")
        with self.store.write() as db:
            db.execute("UPDATE findings SET state = ?, state_reason = ? WHERE id = ?", [state, reason, finding])

    def correct(self, row_id: int, sentiment: str) -> None:
        """The seller's own label for a review; it outranks the model's everywhere."""
        if sentiment not in SENTIMENTS:
            raise UsageError(f"a sentiment is one of: {', '.join(SENTIMENTS)}.")
        with self.store.write() as db:
            db.execute(
                "INSERT INTO labels (table_name, row_id, task, source, label, confidence, method, made_at) "
                "VALUES ('reviews', ?, 'sentiment', 'seller', ?, 1.0, 'seller', ?) "
                "ON CONFLICT (table_name, row_id, task, source) DO UPDATE SET label = excluded.label, made_at = excluded.made_at",
                [row_id, sentiment, now()],
            )

    def uncorrect(self, row_id: int) -> None:
        """Take the seller's own label of a review back; what was read counts again."""
        with self.store.write() as db:
            db.execute(
                "DELETE FROM labels WHERE table_name = 'reviews' AND row_id = ? AND task = 'sentiment' AND source = 'seller'",
                [row_id],
            )

    # -- jobs ------------------------------------------------------------------------------------------------------

    def recognise(self, path: Path, settings: ImportSettings | None = None) -> list[Recognition]:
        """What a file is, before anything is loaded: one Recognition per table in it."""
        from engine.importing.desk import recognise

        return recognise(Path(path), settings, store=self.store)

    def import_file(
        self, path: Path, settings: ImportSettings | None = None, context: JobContext | None = None
    ) -> list[ImportReport]:
        """Load one file in one transaction; the same content twice adds nothing."""
        from engine.importing.desk import import_file

        return import_file(self.store, Path(path), settings, context or JobContext())

    def import_settings(self, **choices: Any) -> ImportSettings:
        """A seller's choices for an import: the fields of `ImportSettings`."""
        from engine.importing.report import ImportSettings

        return ImportSettings(**choices)

    def column_meanings(self, kind: str | None = None) -> list[tuple[str, str]]:
        """What a column of an unknown file can mean: the stored column's name and its plain label.

        Args:
            kind: what the file seems to be, `order` or `orders` for example: its own meanings come first, those of other
                kinds follow with the kind before them.
        """
        own = _KINDS.get(kind or "", kind or "review")
        found = dict(COLUMN_MEANINGS.get(own, ()))
        for other, meanings in COLUMN_MEANINGS.items():
            found |= {meaning: f"{other}: {label}" for meaning, label in meanings if meaning not in found}
        return list(found.items())

    def profiles(self) -> list[ProfileSummary]:
        """Every report that a file can be read as, by platform."""
        from engine.importing.profiles import listed

        return listed()

    def imported_before(self, path: Path) -> int | None:
        """The import that loaded exactly this file's content and still stands, None when there is none.

        Only a file of a size that was imported before is read at all.
        """
        import hashlib

        try:
            same_size = self.store.rows(
                "SELECT id, content_hash FROM imports WHERE state = 'loaded' AND bytes = ? ORDER BY id DESC",
                [path.stat().st_size],
            )
            if not same_size:
                return None
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
        except OSError:
            return None
        # A file of several tables has an import for each, under its hash and the table's name.
        return next((int(row["id"]) for row in same_size if row["content_hash"].split("/")[0] == digest), None)

    def undo(self, import_id: int) -> dict[str, int]:
        """Take exactly one import back; returns rows removed and rows restored."""
        from engine.importing.desk import undo

        return undo(self.store, import_id)

    def export(
        self,
        what: str,
        to: Path,
        *,
        finding: int | str | None = None,
        only: Collection[int] | None = None,
        sql: str | None = None,
        force: bool = False,
        context: JobContext | None = None,
    ) -> Exported:
        """Write findings, evidence, rejects, profiles, any table or view, or a query to a file, whole or not at all."""
        from engine.exporting.desk import export

        return export(self, what, Path(to), finding=finding, only=only, sql=sql, force=force, context=context)

    def export_reviews(
        self, which: ReviewFilter, to: Path, *, force: bool = False, context: JobContext | None = None
    ) -> Exported:
        """Write the reviews that a filter keeps."""
        from engine.exporting.desk import export_sheet
        from engine.exporting.sheets import of_reviews

        return export_sheet(of_reviews(self, which), Path(to), force=force, context=context)

    def export_rows(
        self,
        title: str,
        columns: Sequence[str],
        rows: Sequence[tuple[Any, ...]],
        to: Path,
        *,
        force: bool = False,
        context: JobContext | None = None,
    ) -> Exported:
        """Write a table that is already there, as a screen shows it."""
        from engine.exporting.desk import export_sheet
        from engine.exporting.sheets import Sheet

        sheet = Sheet(title, tuple(columns), lambda: rows, len(rows))
        return export_sheet(sheet, Path(to), force=force, context=context)

    def analyze(
        self, context: JobContext | None = None, *, desks: Iterable[str] | None = None, model: str | None = None
    ) -> AnalysisReport:
        """Read what is new, then store findings. Stopped or killed, the next run goes on from the last batch."""
        from engine.reviews.desk import analyze

        wanted = tuple(desks or ("reviews",))
        unknown = [desk for desk in wanted if desk != "reviews"]
        if unknown:
            raise UsageError(f"there is no desk {', '.join(unknown)}.", todo="Desks so far: reviews.")
        return analyze(self.store, context or JobContext(), model=model)


def _table(name: str) -> str:
    from engine.store.migrations import IMPORTED_TABLES

    if name not in IMPORTED_TABLES:
        raise ShopError(f"there is no table {name}.")
    return name


def _review_where(which: ReviewFilter) -> tuple[str, Sequence[Any]]:
    from engine.store.search import match_expression

    where, values = ["1"], []
    for column, value in (
        ("product", which.product),
        ("sentiment", which.sentiment),
        ("month", which.month),
        ("stars", which.stars),
        ("language", which.language),
        ("abstain", None if which.abstained is None else int(which.abstained)),
    ):
        if value is not None:
            where.append(f"{column} = ?")
            values.append(value)
    if which.words:
        expression = match_expression(which.words)
        if expression:
            where.append("id IN (SELECT rowid FROM reviews_search WHERE reviews_search MATCH ?)")
            values.append(expression)
    return " AND ".join(where), values


_METHOD = (
    "(SELECT method FROM labels WHERE table_name = 'reviews' AND row_id = v_reviews.id AND task = 'sentiment' "
    "AND source = v_reviews.sentiment_source ORDER BY labels.id DESC LIMIT 1) AS sentiment_method"
)


def _review_row(row: dict[str, Any]) -> ReviewRow:
    return ReviewRow(
        id=row["id"],
        product=row["product"],
        product_name=row["product_name"],
        day=row["day"],
        stars=row["stars"],
        title=row["title"],
        text=row["text"],
        language=row["language"],
        sentiment=row["sentiment"],
        confidence=row["confidence"],
        abstain=bool(row["abstain"]),
        sentiment_source=row["sentiment_source"],
        sentiment_method=row["sentiment_method"],
        probabilities=json.loads(row["probabilities"] or "{}"),
        file=row["file"],
        line=row["line"],
    )
