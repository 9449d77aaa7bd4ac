"""The import desk: recognise an export file, read it, clean it, load it, and reconcile its totals."""
