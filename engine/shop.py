"""Shop: one open `.shop` file: its findings and what they open into, running the desks, and taking things out.

Reading methods are quick SQL on this thread's read-only connection and may be called from any thread; `run` and `export`
are jobs: they take a `JobContext`, report progress and obey its cancel flag. What a desk shows beyond findings is read by
the functions in its `queries`, which take `shop.store`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import UsageError
from engine.findings import STATES, AnalysisReport, Finding
from engine.jobs import JobContext
from engine.say import Speaker, language_of_locale

if TYPE_CHECKING:
    from engine.exporting.files import Exported
    from engine.store.database import Store
    from engine.store.evidence import EvidenceRow, StoredRow
    from engine.store.sheets import Documents, Sheet

__all__ = ["EvidenceRow", "Exported", "Sheet", "Shop", "StoredRow"]


_LATER = {"Sheet": "sheets", "EvidenceRow": "evidence", "StoredRow": "evidence"}


def __getattr__(name: str) -> Any:
    """The types of what opens later, loaded when a screen that shows them is: the first one shows none."""
    if name in _LATER:
        return getattr(import_module(f"engine.store.{_LATER[name]}"), name)
    raise AttributeError(name)


class Shop:
    """An open shop.

    Args:
        path: the `.shop` file.
        create: whether to begin a new shop when the file is missing.

    Raises:
        ShopError: the file is missing, is no shop, or cannot be opened.
    """

    def __init__(self, path: Path | str, *, create: bool = False) -> None:
        self.path = Path(path)
        if self.path.suffix != ".shop":
            raise UsageError(f"{self.path.name}: a shop's file name ends in .shop.")
        from engine.desks.opening import open_store

        self.store: Store = open_store(self.path, create=create)

    @property
    def read_only(self) -> bool:
        """Whether the file can only be looked at."""
        return self.store.read_only

    def settle(self) -> bool:
        """In an idle moment: fold everything into the one file; whether nothing is left beside it."""
        return self.store.settle()

    def close(self) -> None:
        """Let the shop rest as one file; it opens itself again when it is used again."""
        self.store.close()

    def findings(
        self,
        *,
        desk: str | None = None,
        kind: str | None = None,
        product: str | None = None,
        today: bool = False,
        include_dismissed: bool = False,
    ) -> list[Finding]:
        """Current findings, highest rank first; `today` keeps those worth showing first (rank above zero).

        Findings that are out of date (`stale`) come last.
        """
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
            f"{_FINDINGS} WHERE {' AND '.join(where)} ORDER BY stale, rank DESC, k DESC, key", values
        )
        return [Finding.from_row(row) for row in rows]

    def finding(self, finding: int | str) -> Finding:
        """One finding by its id or key.

        Raises:
            UsageError: there is none.
        """
        column = "id" if isinstance(finding, int) or str(finding).isdigit() else "key"
        rows = self.store.rows(f"{_FINDINGS} WHERE {column} = ?", [finding])
        if not rows:
            raise UsageError(f"there is no finding {finding}.", todo="`backroom findings SHOP` lists them.")
        return Finding.from_row(rows[0])

    def evidence(self, finding: int) -> list[EvidenceRow]:
        """The rows a finding rests on, in reading order, with the words that carry it."""
        from engine.store.evidence import evidence

        return evidence(self.store, finding)

    def row(self, table_name: str, row_id: int) -> StoredRow:
        """One stored row with its file and line.

        Raises:
            UsageError: there is no such row.
        """
        from engine.store.evidence import stored_row

        return stored_row(self.store, table_name, row_id)

    def set_state(self, finding: int, state: str, reason: str | None = None) -> None:
        """Mark a finding new, seen, dismissed (with a reason) or acted on."""
        if state not in STATES:
            raise UsageError(f"a finding is one of: {', '.join(STATES)}.")
        with self.store.write() as db:
            db.execute("UPDATE findings SET state = ?, state_reason = ? WHERE id = ?", [state, reason, finding])

    def sql(self, query: str, *, seconds: float = 10.0) -> tuple[list[str], list[tuple[Any, ...]], bool]:
        """A seller's own read-only SQL: column names, rows (at most 10,000), and whether there were more."""
        return self.store.query(query, seconds=seconds)

    def run(
        self,
        context: JobContext | None = None,
        *,
        desks: Iterable[str] | None = None,
        model: str | None = None,
        language: str | None = None,
    ) -> AnalysisReport:
        """Run desks and store what they find. Stopped or killed, the next run goes on from the last portion.

        Raises:
            Cancelled: stopped; desks that were done keep what they found.
            UsageError: there is no such desk.
            BackroomError: no desk could be run.
        """
        from engine.desks.analysis import analyze

        return analyze(self.store, context, desks=desks, model=model, language=language or language_of_locale())

    def export(
        self,
        what: str | Sheet,
        to: Path,
        *,
        finding: int | str | None = None,
        only: Collection[int] | None = None,
        force: bool = False,
        language: str | None = None,
        context: JobContext | None = None,
    ) -> Exported:
        """Write a part of the shop to a file, whole or not at all.

        Args:
            what: findings, evidence, what a desk offers, any table or view; or a sheet that is already there.
            to: a file that ends in .csv, .xlsx, .json, .md or .html; .toml for profiles.
            finding: whose evidence; all current findings' when None.
            only: the ids of the findings to write; all current ones when None.
            language: of the findings' sentences; this computer's when None.
            force: whether a file of that name may be replaced.
            context: reports progress, obeys the cancel flag.

        Raises:
            UsageError: there is nothing of that name, no such format, or the file exists.
            Cancelled: the seller stopped it; nothing was written.
        """
        from engine.exporting import files
        from engine.store.sheets import Documents

        to = Path(to)
        chosen = (
            self._sheet(what, to, finding, only, Speaker(language or language_of_locale()))
            if isinstance(what, str)
            else what
        )
        if isinstance(chosen, Documents):
            return files.write_documents(chosen, to, force=force)
        return files.write(chosen, to, context or JobContext(), force=force)

    def _sheet(
        self, what: str, to: Path, finding: int | str | None, only: Collection[int] | None, speaker: Speaker
    ) -> Sheet | Documents:
        from engine.exporting import files, sheets

        if what == "findings":
            found = self.findings(include_dismissed=only is not None)
            return sheets.of_findings([f for f in found if only is None or f.id in only], speaker)
        if what == "evidence":
            wanted = self.findings() if finding is None else [self.finding(finding)]
            return sheets.of_evidence([(f, row) for f in wanted for row in self.evidence(f.id or 0)], speaker)
        if to.suffix.lower() != ".toml":
            files.check_format(to, files.WRITERS)
        return sheets.named(self.store, what)


_FINDINGS = "SELECT f.*, (SELECT count(*) FROM evidence e WHERE e.finding_id = f.id) AS evidence_count FROM findings f"
