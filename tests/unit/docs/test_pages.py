import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from invoke.exceptions import ParseError
from invoke.parser import Parser

from deployer.core.release import Layout
from deployer.inventory.loader import load
from deployer.rendering.files import render_app
from deployer.rendering.values import AppValues, GunicornValues, SiteValues
from tasks import namespace
from tests.unit.docs.pages import PROJECT, Block, blocks, commands, files, links, name, words_of

_LEAST = """\
app:
  name: shop
  app_server: {kind: gunicorn, module: "shop.wsgi:application"}
  web_server: {kind: nginx, server_names: [shop.example.org]}
hosts:
  first: {address: 192.0.2.250}
"""


DOCS = PROJECT / "docs"
_CONTEXTS = deepcopy(namespace).to_contexts()
_KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIBaxkEvnlnW0d82LFn5KDMKZ6NiHNnQI9tMvic9Oc3mg"


def test_the_generated_pages_are_what_the_code_says_now():
    # A process of its own: Invoke gives the help of a flag once and forgets it.
    command = [sys.executable, "-m", "docs.generator", "--check"]

    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)

    assert done.stdout + done.stderr == "", "run `python -m docs.generator`"


@pytest.mark.parametrize("file", files(), ids=name)
def test_links_to_files_of_the_project_lead_somewhere(file):
    relative = [one for one in links(file) if not urlsplit(one).scheme and not one.startswith("#")]

    missing = [one for one in relative if not (file.parent / one.partition("#")[0]).exists()]

    assert missing == []


def all_commands() -> list[tuple[str, str]]:
    return [(name(file), line) for file in files() for line in commands(file)]


def test_the_pages_show_commands():
    assert len(all_commands()) > 80


@pytest.mark.parametrize(("page", "line"), all_commands(), ids=lambda text: str(text)[:60])
def test_a_command_on_a_page_has_flags_that_exist(page, line):
    words = [word for word in words_of(line) if word not in {"--dry", "--help", "--list"}]

    try:
        Parser(contexts=_CONTEXTS).parse_argv(words)
    except ParseError as error:
        pytest.fail(f"{page}: `{line}`: {error}")


def inventories() -> list[Block]:
    every = (block for file in files() for block in blocks(file) if block.language == "yaml")
    return [one for one in every if not one.title or one.title.startswith("inventories/")]


def test_the_pages_show_inventories():
    assert len(inventories()) > 20


@pytest.mark.parametrize("block", inventories(), ids=lambda one: f"{one.page}:{one.text[:40]!r}")
def test_an_inventory_on_a_page_is_accepted(block, tmp_path):
    file = tmp_path / (Path(block.title).name or "shown.yaml")
    file.write_text(block.text.replace("AAAA…", _KEY))  # shown in short
    base = tmp_path / "base.yaml"
    if file != base and not is_whole(block):
        base.write_text(base_of(block))
    if file == base:
        file = tmp_path / "prod.yaml"
        file.write_text("hosts:\n  web1: {address: 203.0.113.11}\n")

    inventory = load(tmp_path, file.stem, {"HOME": "/root"})

    assert inventory.hosts


def is_whole(block: Block) -> bool:
    return "app_server" in block.text and "hosts:" in block.text


def base_of(block: Block) -> str:
    """A piece of an inventory is laid over the base.yaml of its page, or over the least one."""
    on_page = [one for one in blocks(PROJECT / block.page) if one.title == "inventories/base.yaml"]
    return on_page[0].text if block.title and on_page else _LEAST


def test_the_templates_on_the_page_about_templates_are_accepted(tmp_path):
    shown = [one for one in blocks(DOCS / "guides/templates.md") if one.language == "jinja"]
    for one in shown:
        file = tmp_path / one.title.removeprefix("templates/")
        file.parent.mkdir(exist_ok=True)
        file.write_text(one.text)
    site = SiteValues(("shop.example.org",))
    values = AppValues("shop", Layout("shop"), GunicornValues("shop.wsgi:application"), site=site)

    written = {file.name: file.content.decode() for file in render_app(values, (tmp_path,))}

    assert len(shown) == 3
    assert "/robots.txt" in written["nginx/site.conf.j2"]
    assert "limit_request_line = 8190" in written["gunicorn/gunicorn.conf.py.j2"]
    assert "ReadWritePaths=-/var/spool/shop" in written["systemd/app@.service.j2"]
