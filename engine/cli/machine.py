"""The verbs about this machine: models, doctor."""

from __future__ import annotations

import contextlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from engine.cli.talk import open_shop
from engine.desks import outside
from engine.desks.verbs import json_option, print_json, print_table, say, tell
from engine.errors import Cancelled


@click.group(invoke_without_command=True)
@click.pass_context
def models(ctx: click.Context) -> None:
    """The models Backroom knows, and what of them is here."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_models)


@models.command("list")
@json_option
def list_models(as_json: bool = False) -> None:
    """Every model of the catalogue and every one that was added: where it is, its size and its licence."""
    from engine.inference.doctor import list_models as catalogue

    records = [dict(record) for record in catalogue()]
    if as_json:
        print_json(records)
        return
    print_table(
        ["name", "here", "MB on disk", "MB of memory", "fits", "licence", "good for"],
        [
            (
                record["name"],
                "yes" if record["installed"] else "no",
                round(record["size"] / 1e6) if record.get("size") else "unknown",
                record.get("memory_mb"),
                "yes" if record["fits"] else "no",
                record.get("licence"),
                record.get("problem") or record.get("good_for"),
            )
            for record in records
        ],
        as_csv=False,
    )


@models.command("add")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", help="What to call it from now on; its file name by default.")
@click.option("--link", is_flag=True, help="Refer to the file where it is instead of copying it.")
@json_option
def add(file: Path, name: str | None, link: bool, as_json: bool) -> None:
    """Take a GGUF model FILE in, after looking at everything it says about itself."""
    from engine.inference.adding import add_model

    card = add_model(file, name=name, link=link, log=say)
    if as_json:
        print_json([card])
        return
    facts, trial = card["facts"], card["trial"]
    _show(
        {
            "name": card["name"],
            "architecture": f"{facts['architecture']}, {facts['layers']} layers, {facts['quantisation']}",
            "context": f"{facts['context']:,} tokens",
            "licence": card["licence"],
            "chat template": "none: a base model, asked by examples"
            if card["chat"] is None
            else "checked, formats only",
            "tried on": f"{trial['right']} of {trial['texts']} simple texts read right",
            "calibrated by": trial["source"],
            "sha256": card["sha256"],
        }
    )


@models.command("pull")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Don't ask; connect and fetch.")
@click.option("--shop", type=click.Path(path_type=Path), help="Write it into this shop's audit log as well.")
@json_option
def pull(name: str, yes: bool, shop: Path | None, as_json: bool) -> None:
    """Fetch model NAME of the catalogue: the only verb that connects to anything, and it asks first."""
    from engine.inference.pull import offer
    from engine.inference.pull import pull as fetch
    from engine.inference.transfer import Question, audit_log
    from engine.store import audit

    offered = offer(name)
    for sentence in offered.sentences():
        say(sentence)

    def agree(question: Question) -> bool:
        if yes and question.beyond:
            say(f"{question} (--yes does not cover this; run the command without it to decide)")
            return False
        if yes:
            say(f"{question} (--yes)")
            return True
        return click.confirm(question, err=True, default=False)

    if not agree(Question("Connect and fetch it?")):
        raise Cancelled("Nothing was fetched.")
    card = fetch(offered, agree=agree, log=say, progress=_megabytes, process=outside.started())
    say(f"Every connection is written down in {audit_log()}.")
    if shop is not None:
        with contextlib.closing(open_shop(shop)) as opened:
            detail = {"url": offered.url, "bytes": card["facts"]["size"], "sha256": card["sha256"]}
            with opened.store.write() as db:
                audit.record(db, "pull", detail)
    if as_json:
        print_json([card])
    else:
        _show(
            {
                "name": card["name"],
                "sha256": card["sha256"],
                "vouched for by": card["vouched_by"],
                "file": offered.target,
            }
        )


def _megabytes(done: int, total: int) -> None:
    say(f"{done / 1e6:,.0f} MB" + (f" of {total / 1e6:,.0f}" if total else ""))


@models.command("prepare")
@click.argument("name")
@json_option
def prepare(name: str, as_json: bool) -> None:
    """Rewrite model NAME in the quantisation that is fastest here, measured, with what it costs in right answers."""
    from engine.inference.prepare import prepare_model

    candidates = prepare_model(name, log=say)
    if as_json:
        print_json(asdict(candidate) for candidate in candidates)
        return
    columns = ["", "quantisation", "MB", "prompt tokens/s", "generated tokens/s", "texts/s", "MB of memory"]
    print_table(
        [*columns, "read right", "read as before"],
        [
            (
                "used from now on" if one.chosen else "",
                one.quantisation,
                round(one.size / 1e6),
                one.rates.prompt_tokens,
                one.rates.generated_tokens,
                one.rates.texts,
                one.rates.memory_mb,
                f"{one.right} of {one.texts}",
                f"{one.agreement:.0%}",
            )
            for one in candidates
        ],
        as_csv=False,
    )


@models.command("bench")
@click.argument("name", required=False)
@click.option("--full", is_flag=True, help="Also compare with the usual ways of asking a model; takes minutes.")
@json_option
def bench(name: str | None, full: bool, as_json: bool) -> None:
    """How fast model NAME (by default the one in use) reads and writes on this machine, and what memory it takes."""
    from engine.inference.bench import rates, run_bench
    from engine.inference.client import ModelClient

    if full:
        records = run_bench(model=name, on_row=lambda row: say(f"{row['name']}: {row['value']:,} {row['unit']}"))
    else:
        with ModelClient(name, log=say) as client:
            found = rates(client, client.model.chat)
            about = f"{client.model.name}, {client.model.facts.quantisation}; {client.facts()['gpu']}"
        units = ("prompt", found.prompt_tokens, "tokens/s"), ("generation", found.generated_tokens, "tokens/s")
        more = ("reading", found.texts, "texts/s"), ("memory of the model process", found.memory_mb, "MB")
        records = [{"name": what, "value": value, "unit": unit, "note": about} for what, value, unit in (*units, *more)]
    if as_json:
        print_json(records)
    else:
        rows = [(row["name"], row["value"], row["unit"], row["note"]) for row in records]
        print_table(["measured", "value", "unit", "model"], rows, as_csv=False)


@models.command("check")
@click.argument("name")
@json_option
def check(name: str, as_json: bool) -> int:
    """Read the file of model NAME again, compare its hash, and say whether it fits."""
    from engine.inference.adding import check_model

    report = check_model(name, log=say)
    if as_json:
        print_json([report])
    else:
        _show({**report, "intact": "yes" if report["intact"] else "NO: the file is not what it was"})
    return 0 if report["intact"] else 4


@models.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """Delete model NAME and what was made from it."""
    from engine.inference.adding import remove_model

    for path in remove_model(name):
        say(f"Deleted {path}")


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """What this machine can run, and how fast."""
    from engine.inference.doctor import doctor as examine

    facts = examine()
    if as_json:
        print_json([facts])
    else:
        _show(facts)


def _show(facts: dict[str, Any]) -> None:
    """Names and values, one a line; of a list, one line each."""
    for name, value in facts.items():
        if isinstance(value, list):
            tell(f"{name}:")
            for item in value:
                tell("  " + (item if isinstance(item, str) else ", ".join(f"{k} {v}" for k, v in item.items())))
        else:
            tell(f"{name}: {value}")
