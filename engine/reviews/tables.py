"""The reviews desk's own part of the schema: frozen text, appended to and never edited.

Labels, clauses and themes stand in the shop's base schema; what is derived from a review's text goes with the review, and
with its old text when an import changes it, by the triggers here. A seller's own label of a review survives a new text.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("reviews")

_FORGET = """
    DELETE FROM theme_clauses WHERE clause_id IN (SELECT id FROM clauses WHERE review_row = OLD.id);
    DELETE FROM clauses WHERE review_row = OLD.id;
    DELETE FROM evidence WHERE table_name = 'reviews' AND row_id = OLD.id;
"""


@migrations()
def m001_forgetting(db: Database) -> None:
    """What was read of a review is forgotten with it."""
    db.execute("CREATE INDEX theme_clauses_clause ON theme_clauses(clause_id)")
    db.execute(
        f"""
        CREATE TRIGGER reviews_gone BEFORE DELETE ON reviews BEGIN
            {_FORGET}
            DELETE FROM labels WHERE table_name = 'reviews' AND row_id = OLD.id;
        END
        """
    )
    db.execute(
        f"""
        CREATE TRIGGER reviews_reworded AFTER UPDATE OF text ON reviews WHEN OLD.text IS NOT NEW.text BEGIN
            {_FORGET}
            DELETE FROM labels WHERE table_name = 'reviews' AND row_id = OLD.id AND source != 'seller';
        END
        """
    )
