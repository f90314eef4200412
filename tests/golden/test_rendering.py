import shutil
import subprocess
from pathlib import Path

import pytest

from tests.golden.rendering_cases import FOLDER, contents, rendered

SITES = ("plain", "tls")


def test_the_rendered_files_are_the_ones_that_were_read_and_kept():
    kept = {str(path.relative_to(FOLDER)): path.read_text() for path in FOLDER.rglob("*.golden")}

    assert contents() == kept


def test_every_file_begins_with_the_line_by_which_the_agent_knows_it():
    for files in rendered().values():
        for file in files:
            assert file.content.startswith(b"# written by deployer\n"), file.path


def test_every_gunicorn_configuration_is_python():
    for name, text in contents().items():
        if "gunicorn.conf.py" in name:
            compile(text, name, "exec")


def test_units_pass_systemd_analyze_where_it_is_installed(tmp_path):
    if not shutil.which("systemd-analyze"):
        return
    for case in (*SITES, "without-site"):
        for file in rendered()[case]:
            if file.path.endswith(".service"):
                unit = tmp_path / Path(file.path).name
                unit.write_bytes(file.content)

                said = _run("systemd-analyze", "verify", str(unit))

                assert said == ""


def test_the_sudoers_file_passes_visudo_where_it_is_installed(tmp_path):
    visudo = shutil.which("visudo", path="/usr/sbin:/usr/bin")
    if not visudo:
        return
    path = tmp_path / "deployer"
    path.write_bytes(_content("host", "/etc/sudoers.d/deployer-deploy"))
    path.chmod(0o440)

    said = _run(visudo, "-cf", str(path))

    assert said.endswith("parsed OK\n")


@pytest.mark.parametrize("case", SITES)
def test_sites_pass_nginx_where_it_is_installed(tmp_path, case):
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    openssl = shutil.which("openssl")
    if not nginx or not openssl:
        return
    _certificate(openssl, tmp_path)
    _tree(tmp_path, case)

    said = _run(nginx, "-t", "-e", "stderr", "-c", str(tmp_path / "etc/nginx/nginx.conf"))

    assert "test is successful" in said
    assert "[warn]" not in said


def _tree(root: Path, case: str) -> None:
    base = "host-tls" if case == "tls" else "host"
    (root / "log").mkdir()
    for file in (*rendered()[case], *rendered()[base]):
        if file.path.startswith("/etc/nginx"):
            text = file.content.decode().replace("/var/log/nginx", f"{root}/log")
            path = root / file.path.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("/etc/ssl/shop", str(root)))
    (root / "etc/nginx/nginx.conf").write_text(
        f"pid {root}/pid;\nevents {{}}\nhttp {{\n"
        "include conf.d/*.conf;\ninclude sites-available/*;\n}\n"
    )


def _certificate(openssl: str, folder: Path) -> None:
    words = (
        f"{openssl} req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=shop.example.org "
        f"-keyout {folder}/privkey.pem -out {folder}/fullchain.pem"
    )
    subprocess.run(words.split(), check=True, capture_output=True, timeout=60)


def _content(case: str, path: str) -> bytes:
    return next(file.content for file in rendered()[case] if file.path == path)


def _run(*words: str) -> str:
    done = subprocess.run(
        words, check=False, capture_output=True, text=True, timeout=60, env={"LANG": "C.UTF-8"}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr
