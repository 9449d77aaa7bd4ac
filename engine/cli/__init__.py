"""The headless twin: every verb of Backroom on the command line.

stdout is data (JSON Lines with `--json`, CSV with `--csv`, a table when a person is looking), stderr is talk, exit codes
mean something: 0 done, 1 done with rows rejected or findings withheld, 2 wrong usage, 3 bad input file, 4 a model is
missing or does not fit, 5 cancelled with partial results kept, 70 a fault of ours.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from engine import __version__
from engine.cli import machine, opening, shops, texts
from engine.cli.backup import backup
from engine.cli.talk import open_shop, show_findings
from engine.desks import outside, registry
from engine.desks.verbs import FAULT, job, json_option, language, model_option, say, shop_argument, speak_option
from engine.errors import BackroomError, Cancelled, UsageError


class Verbs(click.Group):
    """The command group; a first argument that is a shop or a file opens the app with it."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Treat `PATH.shop` as `open PATH.shop`, and files as files to import."""
        return super().resolve_command(ctx, opening.instead(args, self.list_commands(ctx)))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs here and those that desks bring."""
        return sorted({*super().list_commands(ctx), *registry.verb_names()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A verb by its name; a desk's is loaded when it is called. Every verb speaks a language."""
        command = super().get_command(ctx, cmd_name) or registry.verb(cmd_name)
        return None if command is None else _speaking(command)


def _speaking(command: click.Command) -> click.Command:
    if not any("--lang" in parameter.opts for parameter in command.params):
        command.params.append(speak_option())
    for inner in command.commands.values() if isinstance(command, click.Group) else ():
        _speaking(inner)
    return command


@click.group(cls=Verbs, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="backroom")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Read your shop with the door closed. Nothing leaves this machine."""
    if ctx.invoked_subcommand is None:
        shop = os.environ.get("BACKROOM_SHOP")
        if not sys.stdout.isatty():
            click.echo(ctx.get_help())
            return
        _run_app(Path(shop) if shop else None)


def _run_app(path: Path | None, *, analyze: bool = False, files: Sequence[Path] = ()) -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the app needs a terminal.", todo="`backroom --help` lists what works without one.")
    # The engine knows no screens: whatever app is installed says so as an entry point.
    from importlib.metadata import entry_points

    for entry in entry_points(group="backroom.app"):
        entry.load()(path, analyze=analyze, files=files, language=language())
        return
    raise UsageError("the terminal app is not installed.", todo="Run `make setup`.")


@cli.command("open")
@shop_argument
def open_app(shop: Path) -> None:
    """Open the app on SHOP; where there is none, the app offers to begin it."""
    _run_app(shop)


@cli.command("take", hidden=True)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def take_files(files: tuple[Path, ...]) -> None:
    """Open the app on the last shop and offer to import FILES."""
    for file in files:
        if not file.exists():
            raise UsageError("there is no such file.", file=str(file))
    shop = os.environ.get("BACKROOM_SHOP")
    _run_app(Path(shop) if shop else None, files=files)


@cli.command()
@click.option("--headless", is_flag=True, help="Print the Today findings instead of opening the app.")
@click.option("--fresh", is_flag=True, help="Build the sample shop anew.")
@model_option
@json_option
def demo(headless: bool, fresh: bool, model: str | None, as_json: bool) -> None:
    """Build the sample shop if it is missing, and open it."""
    from engine.demo import build

    headless = headless or as_json or not sys.stdout.isatty()
    path = build(job(), fresh=fresh, analyze=headless, model=model, language=language())
    if headless:
        show_findings(open_shop(path), as_json=as_json, as_csv=False, today=True)
    else:
        _run_app(path, analyze=True)


for _verb in (
    *(shops.analyze, shops.findings, shops.evidence, shops.sql),
    *(shops.export, backup, texts.label, texts.extract, machine.models, machine.doctor),
):
    cli.add_command(_verb)


def _log_fault(error: BaseException) -> str:
    """Where the details of a fault were written; in words where they could not be."""
    import traceback

    from engine.paths import log_dir

    try:
        path = log_dir() / time.strftime("fault-%Y%m%d-%H%M%S.log")
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except OSError as problem:
        return f"they could not be written ({problem.strerror})"
    return str(path)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; also the console script's entry."""
    from engine.offline import forbid_network
    from engine.paths import clear_abandoned

    outside.start(sys.argv[1:] if argv is None else argv)
    forbid_network()
    # Whatever is written (shops, rejects, exports, logs) is for this user alone, also by the processes that follow.
    os.umask(0o077)
    clear_abandoned()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    ends: Callable[..., Any] = cli.main
    try:
        code = ends(args=list(argv) if argv is not None else None, prog_name="backroom", standalone_mode=False)
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.Abort:
        say("Stopped.")
        code = Cancelled.exit_code
    except click.ClickException as error:
        error.show()
        code = UsageError.exit_code
    except BackroomError as error:
        say(error.message())
        code = error.exit_code
    except KeyboardInterrupt:
        say("Stopped.")
        code = Cancelled.exit_code
    except BrokenPipeError:
        # The reader of our output went away (`| head`): not a fault, and nothing is left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        path = _log_fault(error)
        say(f"Something went wrong inside Backroom ({type(error).__name__}); your shop is as it was. Details: {path}")
        code = FAULT
    finally:
        outside.end()
    if argv is None:
        sys.exit(code if isinstance(code, int) else 0)
    return code if isinstance(code, int) else 0
