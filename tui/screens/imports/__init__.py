"""The import desk: files before they are loaded, and what was loaded."""
