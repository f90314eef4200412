from pathlib import Path

GOOD = """\
app:
  name: shop
  source: {kind: git, url: "https://git.example.org/shop.git", revision: main}
  installer: pip
  framework: {kind: django, settings: shop.settings}
  app_server: {kind: gunicorn, module: "shop.wsgi:application"}
  runtime: systemd
  web_server: {kind: nginx, server_names: [shop.example.org]}
  database: {kind: postgres, url: {secret: DATABASE_URL}}
  env: {GREETING: hello}
  shared: {directories: [media]}
  health: {path: /healthz}
  python: python3
secrets: env
hosts:
  web1: {address: 203.0.113.11}
ssh: {user: deploy}
protected: false
rollout: {batches: [1]}
retention: {releases: 5}
backup: {shared: false}
"""

HERE = "⟦"
"""Stands in a text where the problem is to be reported."""


def with_line(key: str, value: str) -> str:
    lines = GOOD.splitlines()
    number = next(n for n, line in enumerate(lines) if line.strip().startswith(f"{key}:"))
    indent = lines[number][: len(lines[number]) - len(lines[number].lstrip())]
    lines[number] = value[1:] if value.startswith("=") else f"{indent}{key}: {value}"
    return "\n".join(lines) + "\n"


def split_mark(text: str) -> tuple[str, int, int]:
    before, _, after = text.partition(HERE)
    return before + after, before.count("\n") + 1, len(before) - before.rfind("\n")


def written(folder: Path, text: str | bytes, name: str = "prod") -> Path:
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    (folder / f"{name}.yaml").write_bytes(data)
    return folder
