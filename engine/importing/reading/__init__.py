"""Every container an export comes in, as tables of text cells with the physical line of each row."""

from engine.importing.reading.objects import json_lines
from engine.importing.reading.opening import Opened, open_file
from engine.importing.reading.tables import Table, check_size
from engine.importing.reading.text import TextTable

__all__ = ["Opened", "Table", "TextTable", "check_size", "json_lines", "open_file"]
