from ipaddress import IPv4Network
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from deployer.errors import LabError, LabUnavailable
from deployer.lab import inventory_file, network, requirements, rootfs, state
from deployer.lab.host import LabHost
from deployer.lab.lab import Lab

KEY = "ssh-ed25519 AAAAC3Nza"


def host(number: int) -> LabHost:
    return LabHost(
        name=f"web{number}",
        address=f"198.18.7.{10 + number}",
        machine=f"abcdef-{number}",
        host_keys=(f"{KEY}{number}",),
        key=Path("/lab/id_ed25519"),
    )


HOSTS = (host(1), host(2))
STATE = state.LabState(network=IPv4Network("198.18.7.0/24"), hosts=HOSTS, made=2)


def test_every_host_knows_every_other_and_the_controller():
    assert state.hosts_file(STATE) == (
        "127.0.0.1 localhost\n"
        "198.18.7.1 controller controller.lab.test\n"
        "198.18.7.11 web1 web1.lab.test\n"
        "198.18.7.12 web2 web2.lab.test\n"
    )


def test_the_keys_are_pinned_under_name_and_address():
    assert state.known_hosts(STATE) == (f"web1,198.18.7.11 {KEY}1\nweb2,198.18.7.12 {KEY}2\n")


def test_ssh_is_told_to_trust_only_the_pins():
    text = state.ssh_config(STATE, Path("/lab/known_hosts"))

    assert "Host web1 198.18.7.11\n" in text
    assert text.count("StrictHostKeyChecking yes\n") == 2
    assert text.count("UserKnownHostsFile /lab/known_hosts\n") == 2


def test_what_was_saved_is_loaded(tmp_path):
    state.save(tmp_path / "lab.json", STATE)

    assert state.load(tmp_path / "lab.json") == STATE
    assert (tmp_path / "lab.json").stat().st_mode & 0o777 == 0o600


def test_a_lab_that_was_never_up_has_no_hosts(tmp_path):
    assert Lab("none", project=tmp_path, environ={}).hosts == ()


def test_a_torn_state_file_is_an_error_with_a_way_out(tmp_path):
    (tmp_path / "lab.json").write_text('{"network": "198')

    with pytest.raises(LabError, match=r"lab\.json") as caught:
        state.load(tmp_path / "lab.json")

    assert caught.value.hint == "inv lab.down"


def test_the_interface_name_of_the_last_possible_host_is_not_hashed():
    assert len(LabHost.model_copy(HOSTS[0], update={"machine": "abcdef-200"}).link) <= 15


def test_a_lab_gets_the_same_network_again_and_never_a_taken_one():
    first = network.choose("lab-abcdef", ())
    around = (first.supernet(new_prefix=20), IPv4Network("192.0.2.0/24"))

    second = network.choose("lab-abcdef", around)

    assert network.choose("lab-abcdef", ()) == first
    assert first.subnet_of(network.RANGE)
    assert second.subnet_of(network.RANGE)
    assert not second.overlaps(around[0])


def test_a_machine_with_no_free_network_says_so():
    with pytest.raises(LabError, match=r"198\.18\.0\.0/15 is in use"):
        network.choose("lab-abcdef", (network.RANGE,))


def test_the_mirrors_of_the_machine_are_used_and_nothing_else():
    targets = (
        "Debian Debian http://mirror.example/debian/ bookworm\n"
        "Debian Debian http://mirror.example/debian/ bookworm-updates\n"
        "Debian Debian-Security http://mirror.example/security/ bookworm-security\n"
        "$(ORIGIN) $(LABEL) https://other.example/ nodistro\n"
        "Other Other https://other.example/ bookworm\n"
    )

    assert rootfs.sources(targets) == (
        "deb http://mirror.example/debian/ bookworm main",
        "deb http://mirror.example/security/ bookworm-security main",
    )


def test_a_newer_debian_builds_bookworm_from_its_own_mirror():
    assert rootfs.sources("Debian Debian http://mirror.example/debian/ trixie\n") == (
        "deb http://mirror.example/debian/ bookworm main",
    )


def test_a_machine_that_is_not_debian_leaves_the_mirror_to_mmdebstrap():
    assert rootfs.sources("Ubuntu Ubuntu http://archive.example/ubuntu/ noble\n") == ()


def test_another_package_list_is_another_root_file_system():
    plain = rootfs.path_of(Path("/cache"), rootfs.packages(databases=False))
    with_database = rootfs.path_of(Path("/cache"), rootfs.packages(databases=True))

    assert plain != with_database
    assert plain.parent == Path("/cache")


def test_the_inventory_pins_the_keys_and_lets_one_host_migrate(tmp_path):
    tree = inventory_file.merged(
        inventory_file.inventory(HOSTS),
        {"app": {"name": "shop"}, "hosts": {"web2": {"roles": ["worker"]}}, "ssh": {"port": 22}},
    )

    inventory_file.write_inventory(tmp_path / "lab.yaml", tree)

    assert YAML(typ="safe").load(tmp_path / "lab.yaml") == {
        "hosts": {
            "web1": {
                "address": "198.18.7.11",
                "roles": ["web", "migrate"],
                "host_keys": [f"{KEY}1"],
            },
            "web2": {"address": "198.18.7.12", "roles": ["worker"], "host_keys": [f"{KEY}2"]},
        },
        "ssh": {"user": "deploy", "setup_user": "root", "identity": "/lab/id_ed25519", "port": 22},
        "app": {"name": "shop"},
    }
    assert [path.name for path in tmp_path.iterdir()] == ["lab.yaml"]


def test_an_inventory_of_no_hosts_is_refused(tmp_path):
    with pytest.raises(LabError, match="has no hosts"):
        Lab("none", project=tmp_path, environ={}).write_inventory(tmp_path / "lab.yaml")


@pytest.mark.parametrize("name", ["", "../other", "a b", "a/b"])
def test_a_name_that_is_no_folder_name_is_refused(name, tmp_path):
    with pytest.raises(LabError, match="is no lab name"):
        Lab(name, project=tmp_path)


def test_the_environment_chooses_the_folders(tmp_path):
    places = {"DEPLOYER_LAB_DIR": str(tmp_path / "labs"), "DEPLOYER_LAB_CACHE": str(tmp_path)}

    lab = Lab("demo", project=Path("/elsewhere"), environ=places)

    assert (lab.folder, lab.cache) == (tmp_path / "labs/demo", tmp_path)


def test_labs_of_one_name_in_two_projects_are_two_labs(tmp_path):
    here, there = (Lab("demo", project=tmp_path / place, environ={}) for place in ("here", "there"))

    assert here.place.bridge != there.place.bridge


def test_only_root_can_run_hosts(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    with pytest.raises(LabUnavailable, match="needs root") as caught:
        requirements.prepare_machine()

    assert caught.value.exit_code == 2
    assert "sudo" in caught.value.hint


def test_all_missing_programs_are_named_with_their_packages(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("shutil.which", lambda _: None)

    with pytest.raises(LabUnavailable, match=r"`systemd-nspawn`, `mmdebstrap`") as caught:
        requirements.prepare_machine()

    assert caught.value.hint == (
        "apt-get install -y iproute2 mmdebstrap mount openssh-client systemd-container util-linux"
    )


def test_a_kernel_without_overlay_is_named(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda _: None)

    with pytest.raises(LabUnavailable, match="no overlay file system"):
        requirements._check_overlay("nodev\tproc\n\text4\n")
