"""One screen a module; all but Today are imported when they are first opened."""
