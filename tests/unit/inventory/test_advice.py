import pytest

from deployer.inventory.advice import advice
from deployer.inventory.loader import load
from tests.unit.inventory.good import with_line, written


@pytest.mark.parametrize(
    ("env", "names"),
    [
        ("{SECRET_KEY: hunter2, A: b}", ["SECRET_KEY"]),
        ("{API_TOKEN: hunter2, DB_PASSWORD: hunter2}", ["API_TOKEN", "DB_PASSWORD"]),
        ("{BROKER: 'amqp://u:hunter2@h/x'}", ["BROKER"]),
        ("{SECRET_KEY: {secret: SECRET_KEY}, KEYBOARD: qwerty, URL: 'https://h/x'}", []),
        ("{SECRET_KEY: ''}", []),
    ],
)
def test_secrets_in_plain_text_are_pointed_out_and_not_shown(env, names, tmp_path):
    said = advice(load(written(tmp_path, with_line("env", env)), "prod", {}))

    assert [line.split(" ")[0].removeprefix("app.env.") for line in said] == names
    assert "hunter2" not in "".join(said)
