"""The habits of the house that no linter knows: sizes, both languages of the documents, one version, nothing of this machine."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import click
import pytest

import engine
from engine.cli import cli

ROOT = Path(__file__).resolve().parents[1]
FILE_LINES = 500
FUNCTION_LINES = 60


def tracked(*patterns: str) -> list[Path]:
    """The files of the repository that match, as git lists them, without those that are about to be removed."""
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("this is no git checkout")
    return [path for line in listed.stdout.splitlines() if (path := ROOT / line).is_file()]


def code() -> list[Path]:
    """Everything that people read as code."""
    return tracked("engine/**.py", "tui/**.py", "sample_data/**.py", "tests/**.py")


def test_no_file_of_code_is_longer_than_can_be_read_at_once() -> None:
    sizes = {path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in code()}
    assert {name: lines for name, lines in sizes.items() if lines > FILE_LINES} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = {}
    for path in code():
        # Migrations are frozen text.
        if path.name in ("migrations.py", "tables.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
                lines = (node.end_lineno or node.lineno) - first + 1
                if lines > FUNCTION_LINES:
                    long[f"{path.relative_to(ROOT).as_posix()}:{node.name}"] = lines
    assert long == {}


def test_the_version_is_stated_once_and_the_changelog_knows_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "version" not in project and "version" in project["dynamic"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\S+)", changelog, re.MULTILINE)
    assert newest and newest[1] == engine.__version__
    headings = set(re.findall(r"^### (.+)$", changelog, re.MULTILINE))
    assert headings <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_every_page_for_sellers_is_there_in_both_languages_and_linked() -> None:
    english = {path.name for path in (ROOT / "docs").glob("*.md")}
    assert english == {path.name for path in (ROOT / "docs" / "zh").glob("*.md")}
    for index in (ROOT / "docs" / "README.md", ROOT / "docs" / "zh" / "README.md"):
        linked = set(re.findall(r"\]\(([\w-]+\.md)\)", index.read_text(encoding="utf-8")))
        assert english - {"README.md"} <= linked, index


def test_every_verb_is_in_the_readme() -> None:
    context = click.Context(cli)
    commands = {name: cli.get_command(context, name) for name in cli.list_commands(context)}
    verbs = {name for name, command in commands.items() if command and not command.hidden}
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Everything on the command line")[2]
    named = set(re.findall(r"[`(]?\b([a-z]+)\b", " ".join(re.findall(r"^\| (`.*?) \|", table, re.MULTILINE))))
    assert verbs <= named


def test_links_between_documents_lead_somewhere() -> None:
    for page in tracked("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}"


def test_whatever_is_declared_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {re.match(r"[\w.-]+", one)[0].lower() for one in wanted}  # type: ignore[index]
    locked = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    # torch is installed before the lock: see the Makefile.
    assert names - {"torch"} <= {line.split("==")[0] for line in locked.splitlines()}
    assert all(re.fullmatch(r"[\w.-]+==\S+( ; .+)?", line) for line in locked.splitlines())
