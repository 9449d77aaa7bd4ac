"""What an import leaves besides its rows, and that goes when it is taken back: samples, quotes, words of the search, rejects.

Names, addresses and texts of customers stand in all of them. Deleted cells are overwritten (`secure_delete`), so that nothing
of them is left in the file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.importing.rejects import rejects_path
from engine.store.search import match_expression

if TYPE_CHECKING:
    from sqlite_utils import Database

_WITH_CELLS = ("differences", "lines_skipped", "questions")


def forget_traces(db: Database, import_id: int) -> str | None:
    """Remove what tells of an import's cells, in the transaction that took its rows back.

    Returns:
        Where its rejected rows are written, None when there are none: see `remove_rejects`.
    """
    stored = db.execute("SELECT report_json FROM imports WHERE id = ?", [import_id]).fetchone()[0]
    report: dict[str, Any] = json.loads(stored)
    for column in report.get("columns", ()):
        column["samples"] = []
    for name in _WITH_CELLS:
        if report.get(name):
            report[name] = []
    rejects: str | None = report.pop("rejects_file", None)
    db.execute("UPDATE imports SET report_json = ? WHERE id = ?", [json.dumps(report, ensure_ascii=False), import_id])
    # Until its parts are merged, the index keeps the words of texts that are gone.
    db.execute("INSERT INTO reviews_search (reviews_search) VALUES ('optimize')")
    _forget_quotes(db)
    _forget_themes(db)
    _forget_words(db)
    return rejects


def _forget_quotes(db: Database) -> None:
    """Take quotes out of findings that no review says any longer."""
    db.execute(
        """
        UPDATE findings SET numbers = json_remove(numbers, '$.quote')
        WHERE json_extract(numbers, '$.quote') IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM reviews WHERE instr(text, json_extract(numbers, '$.quote')))
        """
    )


def _forget_themes(db: Database) -> None:
    """Remove themes that no review speaks of any longer, and what was found about them: their names are made of texts.

    One that the seller gave a name stays.
    """
    db.execute(
        "DELETE FROM themes WHERE renamed IS NULL AND NOT EXISTS (SELECT 1 FROM theme_clauses c WHERE c.theme_id = themes.id)"
    )
    db.execute(
        """
        DELETE FROM findings WHERE json_extract(subject, '$.theme') IS NOT NULL
          AND json_extract(subject, '$.theme') NOT IN (SELECT key FROM themes)
          AND NOT EXISTS (SELECT 1 FROM evidence e WHERE e.finding_id = findings.id)
        """
    )


def _forget_words(db: Database) -> None:
    """Take words out of themes and findings that no review has any longer."""
    themes = [
        ("|".join(kept), theme)
        for theme, words in db.execute("SELECT id, words FROM themes WHERE words IS NOT NULL").fetchall()
        if (kept := _still_said(db, words.split("|"))) != words.split("|")
    ]
    db.conn.executemany("UPDATE themes SET words = ? WHERE id = ?", themes)
    findings = [
        (json.dumps(kept, ensure_ascii=False), finding)
        for finding, words in db.execute(
            "SELECT id, json_extract(numbers, '$.words') FROM findings WHERE json_type(numbers, '$.words') = 'array'"
        ).fetchall()
        if (kept := _still_said(db, json.loads(words))) != json.loads(words)
    ]
    db.conn.executemany("UPDATE findings SET numbers = json_set(numbers, '$.words', json(?)) WHERE id = ?", findings)


def _still_said(db: Database, words: list[str]) -> list[str]:
    """The phrases whose words any review has together."""
    asked = "SELECT 1 FROM reviews_search WHERE reviews_search MATCH ? LIMIT 1"
    tokens = {phrase: " ".join(match_expression(word).rstrip("*") for word in phrase.split()) for phrase in words}
    return [phrase for phrase in words if tokens[phrase].strip() and db.execute(asked, [tokens[phrase]]).fetchone()]


def remove_rejects(shop: Path, written: str | None) -> None:
    """Remove the file of an import's rejected rows; only in the shop's own folder of rejects, whatever path is named."""
    if written is None:
        return
    folder = rejects_path(shop, "", None).parent
    if folder.is_symlink() or not folder.is_dir():
        return
    (folder / Path(written).name).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()
