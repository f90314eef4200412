from pathlib import Path

import pytest

INVENTORY = """\
app:
  name: shop
  source: {kind: git, url: ".", revision: main, transport: push}
  framework: {kind: django, settings: shop.settings}
  app_server: {kind: gunicorn, module: "shop.wsgi:application"}
  web_server: {kind: nginx, server_names: [shop.example.org]}
  env: {SECRET_KEY: {secret: SECRET_KEY}, GREETING: hello}
hosts:
  web1: {address: 192.0.2.1}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "inventories").mkdir(parents=True)
    (folder / "inventories/prod.yaml").write_text(INVENTORY)
    return folder
