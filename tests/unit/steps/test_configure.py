from deployer.core.actions.files import MakeFolder, Put
from deployer.core.actions.releases import Mark, Seal, Share
from deployer.core.actions.units import TestUnits
from deployer.core.actions.web_server import TestSites
from deployer.core.rendered import RenderedFile
from deployer.steps.configure import Configure
from tests.shop_values import FOLDER, REVISION, SITE, UNIT, facts, target

ENV = RenderedFile("app.env", "app.env", b"A=1\n", mode=0o600, scope="release", secret=True)
UNIT_FILE = RenderedFile("unit", UNIT.path, b"[Unit]\n")
SYSTEM = f"{FOLDER}/config/system"
LINK = ("/etc/nginx/sites-enabled/shop.conf", SITE.path)
SEAL = Seal(FOLDER, marker=".sealed", group="shop")
STAGED = Mark("000042-1a2b3c4", "staged", (("revision", REVISION),))
SAME = {"files": {UNIT.path: {"sha256": UNIT.sha256}, SITE.path: {"sha256": SITE.sha256}}}
ABSENT = {"files": {UNIT.path: None, SITE.path: None}}


def test_files_lie_beside_the_code_and_are_tested_there():
    do = Configure().do(target(files=(ENV, UNIT_FILE)), facts(**ABSENT))

    assert do == (
        Put(f"{FOLDER}/config/app.env", b"A=1\n", mode=0o600),
        Put(f"{SYSTEM}{UNIT.path}", b"[Unit]\n"),
        TestUnits((f"{SYSTEM}{UNIT.path}",)),
        TestSites(((f"{SYSTEM}{SITE.path}", SITE.path),), (LINK,)),
        SEAL,
        STAGED,
    )


def test_what_is_live_already_is_not_tested_again():
    do = Configure().do(target(files=(ENV,)), facts(**SAME))

    assert do == (Put(f"{FOLDER}/config/app.env", b"A=1\n", mode=0o600), SEAL, STAGED)


def test_shared_folders_and_files_are_linked_into_the_release():
    shared = {"directories": ["media"], "files": ["local.py"]}

    do = Configure().do(target({"shared": shared}), facts(**SAME))

    assert do == (
        MakeFolder("/srv/shop/shared/media", mode=0o750, owner="shop", group="shop"),
        Share(f"{FOLDER}/media", "/srv/shop/shared/media"),
        Share(f"{FOLDER}/local.py", "/srv/shop/shared/local.py"),
        SEAL,
        STAGED,
    )


def test_its_files_go_away_with_the_release():
    assert Configure().undo(target(), facts(**ABSENT)) == ()


def test_it_asks_for_the_live_files_alone():
    (asked,) = Configure().facts(target())

    assert asked.question() == {
        "fact": "files",
        "key": "files",
        "paths": [UNIT.path, SITE.path],
    }
