from deployer.core.actions.files import MakeFolder
from deployer.core.actions.programs import Run
from deployer.core.actions.releases import Seal
from deployer.core.step import Skip
from deployer.steps.collect_static import CollectStatic
from tests.shop_values import FOLDER, facts, target


def test_static_files_are_collected_into_the_release_and_sealed():
    on = target()

    do = CollectStatic().do(on, facts(check={"static": False}))

    collect = on.app.framework.collect_static(f"{FOLDER}/venv/bin/python")
    assert collect is not None
    assert do == (
        MakeFolder(f"{FOLDER}/static", mode=0o750, owner="shop", group="shop"),
        Run(
            collect,
            user="shop",
            folder=FOLDER,
            env_files=(f"{FOLDER}/config/app.env", f"{FOLDER}/config/release.env"),
            env=(("DJANGO_SETTINGS_MODULE", "shop.settings"),),
            timeout=600.0,
            stdin=on.app.framework.collect_script.encode(),
            hint="the old release serves on with its own static files; "
            "mend what the last line names",
        ),
        Seal(f"{FOLDER}/static", marker=".sealed", group="shop"),
    )


def test_what_was_collected_while_the_app_was_checked_is_only_sealed():
    do = CollectStatic().do(target(), facts(check={"static": True}))

    assert do == (Seal(f"{FOLDER}/static", marker=".sealed", group="shop"),)


def test_an_app_without_static_files_is_skipped():
    on = target({"framework": "custom"})

    assert CollectStatic().do(on, facts()) == Skip("this app collects no static files")


def test_they_go_away_with_the_release():
    assert CollectStatic().undo(target(), facts()) == ()
