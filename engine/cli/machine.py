"""The verbs about this machine: models, doctor, privacy."""

from __future__ import annotations

import click

from engine.cli.talk import FAULT, json_option, print_json, print_table


@click.group(invoke_without_command=True)
@click.pass_context
def models(ctx: click.Context) -> None:
    """The models Backroom knows, and what of them is here."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_models)


@models.command("list")
@json_option
def list_models(as_json: bool = False) -> None:
    """Every model of the catalogue: where it is, its size and its licence."""
    from engine.inference.models import list_models as catalogue

    records = [dict(record) for record in catalogue()]
    if as_json:
        print_json(records)
        return
    print_table(
        ["name", "here", "MB", "licence", "good for"],
        [
            (r["name"], "yes" if r["installed"] else "not yet", round(r["size"] / 1e6), r["licence"], r["good_for"])
            for r in records
        ],
        as_csv=False,
    )


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """What this machine can run, and how fast."""
    from engine.inference.models import doctor as examine

    facts = examine()
    if as_json:
        print_json([facts])
        return
    for name, value in facts.items():
        if isinstance(value, list):
            click.echo(f"{name}:")
            for item in value:
                click.echo("  " + (item if isinstance(item, str) else ", ".join(f"{k} {v}" for k, v in item.items())))
        else:
            click.echo(f"{name}: {value}")


@click.group()
def privacy() -> None:
    """What Backroom does to keep the door closed."""


@privacy.command()
@json_option
def prove(as_json: bool) -> int:
    """Try to leave this machine, in both processes, and show that nothing can."""
    from engine.privacy.proof import prove as attempt

    results = attempt()
    if as_json:
        print_json(results)
    else:
        for result in results:
            click.echo(f"{'kept in' if result['refused'] else 'GOT OUT'}: {result['attempt']} ({result['detail']})")
    return 0 if all(result["refused"] for result in results) else FAULT
