import subprocess
import sys

NOT_FOR_A_DEPLOY = {
    "deployer.api.plan",
    "deployer.api.setup",
    "deployer.api.upkeep",
    "fabric",  # waits for the first connection
    "jinja2",  # waits for the first template
    "paramiko",
    "rich",  # waits for a terminal
}


def test_a_deploy_loads_nothing_that_it_may_not_need() -> None:
    code = "import sys; from deployer.api import main, deploy; print(*sys.modules)"

    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert NOT_FOR_A_DEPLOY & set(loaded.stdout.split()) == set()
