"""Out of the shop again: tables, findings and evidence as files that spreadsheets, people and Backroom itself can read."""
