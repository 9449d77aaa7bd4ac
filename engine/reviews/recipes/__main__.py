"""Builds a shipped adapter from its data files: `python -m engine.reviews.recipes NAME --data DIR [--data DIR]`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from engine.errors import BackroomError
from engine.learning.build import ADAPTERS, Place, build
from engine.reviews.recipes import aspects, sentiment


@click.command()
@click.argument("name", type=click.Choice(["sentiment", "aspects"]))
@click.option(
    "--data",
    multiple=True,
    required=True,
    type=click.Path(exists=True, path_type=Path),
    help="Folder with source files; may be given several times.",
)
@click.option(
    "--measure",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="JSON Lines file that is scored and kept out of training.",
)
@click.option(
    "--forbid",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="JSON Lines file that is kept out of training and not scored.",
)
@click.option("--out", default=ADAPTERS, type=click.Path(path_type=Path), help="Folder for the adapter and its card.")
@click.option("--work", default=Path("build"), type=click.Path(path_type=Path), help="Folder for checkpoints.")
@click.option("--threads", default=2, show_default=True, help="CPU threads for training.")
@click.option("--device", default="cpu", show_default=True, help="Where torch trains: cpu or cuda.")
@click.option("--most", default=900, show_default=True, help="Texts scored of each measured file.")
def main(
    name: str,
    data: tuple[Path, ...],
    measure: tuple[Path, ...],
    forbid: tuple[Path, ...],
    out: Path,
    work: Path,
    threads: int,
    device: str,
    most: int,
) -> None:
    """Build the adapter NAME from its data files; stopped and started again, it goes on from its last checkpoint."""
    place = Place(data, measure, forbid, out, work, threads, device, most)
    try:
        click.echo(build(sentiment.recipe(), place) if name == "sentiment" else aspects.build(place))
    except BackroomError as error:
        click.echo(error.message(), err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
