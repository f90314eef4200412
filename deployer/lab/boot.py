"""Make a host out of the shared root file system, start it, cut its power."""

import shutil
import uuid
from pathlib import Path

from deployer.errors import LabError, LabUnavailable
from deployer.lab import cgroups, disk, network
from deployer.lab.host import LabHost
from deployer.lab.machine import attempt, run, unmount_below, wait_until, write

SSHD = """\
HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin prohibit-password
PasswordAuthentication no
UseDNS no
"""
# Sorts before the 80-container-host0.network that systemd ships.
NETWORK_FILE = "etc/systemd/network/10-host0.network"
NETWORK = """\
[Match]
Name=host0

[Network]
Address={address}/24
LinkLocalAddressing=no
IPv6AcceptRA=no
"""
# Joins the groups named before `--`, then runs the program after it, and again for as long as it
# asks for a restart (133): with --keep-unit nspawn leaves the reboot of a host to its caller.
POWER = """\
exec >"$1" 2>&1 </dev/null; shift
while [ "$1" != -- ]; do echo $$ >"$1/cgroup.procs" || exit; shift; done; shift
"$@"; while [ $? = 133 ]; do "$@"; done
"""


def make_key(path: Path, comment: str) -> str:
    """Make an ed25519 key pair at `path`; returns the public half as `ssh-ed25519 AAAA…`."""
    path.unlink(missing_ok=True)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path))
    algorithm, key, *_ = path.with_suffix(".pub").read_text().split()
    return f"{algorithm} {key}"


def furnish(host: LabHost, folder: Path, rootfs: Path, public_key: str) -> None:
    """Lay the host's own files over the shared ones: name, address, keys, who may log in."""
    if host.disk:
        disk.make(folder, host.disk)
    own, _ = disk.layers(folder)
    ssh = own / "etc/ssh"
    write(own / "etc/hostname", f"{host.name}\n")
    write(own / "etc/machine-id", f"{uuid.uuid4().hex}\n", 0o444)
    write(own / NETWORK_FILE, NETWORK.format(address=host.address))
    write(ssh / "sshd_config.d/lab.conf", SSHD)
    for name, mode in (("ssh_host_ed25519_key", 0o600), ("ssh_host_ed25519_key.pub", 0o644)):
        write(ssh / name, (folder / name).read_text(), mode)
    write(own / "root/.ssh/authorized_keys", f"{public_key} lab\n", 0o600)
    for unit, wanted in (("postgresql", host.postgres), ("mariadb", host.mariadb)):
        if not wanted:  # the root file system with databases has both
            mask = own / f"etc/systemd/system/{unit}.service"
            mask.parent.mkdir(parents=True, exist_ok=True)
            mask.symlink_to("/dev/null")
    for private in (own / "root", own / "root/.ssh"):
        private.chmod(0o700)
    lay(host, folder, rootfs)


def lay(host: LabHost, folder: Path, rootfs: Path) -> None:
    """Lay what the host writes over the files that all hosts share."""
    own, work = disk.layers(folder)
    root = folder / "root"
    for one in (own, work, root):
        one.mkdir(parents=True, exist_ok=True)
    layers = f"lowerdir={rootfs},upperdir={own},workdir={work}"
    result = attempt("mount", "-t", "overlay", "overlay", "-o", layers, str(root))
    if result.returncode:
        raise LabUnavailable(
            f"The overlay for `{host.name}` cannot be mounted: {result.stderr.strip()}",
            hint=f"Set DEPLOYER_LAB_DIR to a folder on ext4 or xfs; `{folder}` may be an overlay.",
        )


def start(host: LabHost, folder: Path, bridge: str, names: Path) -> None:
    """Turn the power on; returns at once, the host boots by itself."""
    groups = cgroups.create(host.group)
    network.delete_link(host.link)
    run(
        *("setsid", "--fork", "env", "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1"),
        *("sh", "-c", POWER, "sh", str(folder / "log")),
        *(str(group) for group in groups),
        *("--", "systemd-nspawn", "--register=no", "--keep-unit", "--boot", "--quiet"),
        *("-D", str(folder / "root"), f"--machine={host.machine}", f"--hostname={host.name}"),
        *(f"--network-bridge={bridge}", "--resolv-conf=off", "--timezone=off"),
        *("--link-journal=no", f"--bind-ro={names}:/etc/hosts"),
    )


def wait_for_boot(host: LabHost, folder: Path, *, seconds: float) -> None:
    """Wait until users may log in; LabError shows the end of the host's own log."""
    if not wait_until(lambda: host.is_ready, seconds=seconds):
        last_lines = " | ".join((folder / "log").read_text(errors="replace").splitlines()[-5:])
        raise LabError(
            f"The lab host `{host.name}` did not answer ssh within {seconds:g} s: {last_lines}",
            hint=f"Read `{folder / 'log'}`.",
        )


def stop(group: str) -> None:
    """Cut the power of the host in this control group: it runs not one more instruction."""
    cgroups.destroy(group)
    left = Path("/run/systemd/nspawn/propagate", group.removeprefix("lab-"))
    if left.is_dir():  # a killed nspawn does not clear up
        unmount_below(left)
        left.rmdir()


def remove(host: LabHost, folder: Path) -> None:
    """Cut the power and delete the host's disk."""
    stop(host.group)
    network.delete_link(host.link)
    unmount_below(folder)
    shutil.rmtree(folder, ignore_errors=True)
