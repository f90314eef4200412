import ast
import io
import stat
import tarfile

from deployer.api.agent_package import BOOTSTRAP, digest, package, sources


def unpacked() -> dict[str, tuple[int, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(package())) as tar:
        return {
            one.name: (one.mode, tar.extractfile(one).read())  # type: ignore[union-attr]  # all are files
            for one in tar.getmembers()
        }


def test_the_package_is_the_agent_and_nothing_else_of_ours():
    names = set(unpacked()) - {"agent", "deployer/__init__.py"}

    assert names == {f"deployer/agent/{path}" for path in sources()}
    assert "deployer/agent/__init__.py" in names
    assert not any("__pycache__" in name for name in names)


def test_the_package_of_deployer_is_empty_on_a_host():
    assert unpacked()["deployer/__init__.py"] == (0o644, b"")


def test_the_launcher_is_isolated_and_knows_its_own_folder():
    mode, text = unpacked()["agent"]

    ast.parse(text)
    assert stat.filemode(mode) == "?rwxr-xr-x"
    assert text.startswith(b"#!/usr/bin/python3 -IS\n")
    assert f'"/usr/lib/deployer/agent-{digest()}"'.encode() in text


def test_the_same_agent_is_packed_to_the_same_bytes():
    assert package() == package()
    assert len(digest()) == 12


def test_the_new_agent_takes_the_place_of_the_old_one_by_a_rename():
    text = BOOTSTRAP.decode()

    assert text.index("compileall") < text.index("mv -T") < text.index("ln -sfn")
    assert "set -eu" in text
