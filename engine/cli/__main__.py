"""`python -m engine.cli`: the same as the `backroom` command."""

from engine.cli import main

main()
