import pytest

from deployer.agent.context import ActionFailed, Context
from deployer.agent.facts.texts import texts

UNIT = "/etc/systemd/system/shop@.service"
SITE = "/etc/nginx/sites-available/shop.conf"


@pytest.fixture
def host(tmp_path):
    for path, text in ((UNIT, "[Service]\n"), (SITE, "server {}\n")):
        file = tmp_path / path[1:]
        file.parent.mkdir(parents=True)
        file.write_text(text)
    return Context("shop", "", root=tmp_path)


def test_the_texts_of_units_and_sites_are_given(host):
    found = texts(host, {"paths": [UNIT, SITE, "/etc/nginx/snippets/shop-tls.conf"]})

    assert found == {
        UNIT: "[Service]\n",
        SITE: "server {}\n",
        "/etc/nginx/snippets/shop-tls.conf": None,
    }


@pytest.mark.parametrize(
    "path",
    [
        "/etc/shadow",
        "/etc/nginx/../shadow",
        "/etc/nginx/ssl/site.key",
        "/etc/systemd/system/other@.service",
        "/etc/systemd/system/shopping.service",
        "/srv/shop/releases/000001-1a2b3c4/config/app.env",
        "etc/nginx/nginx.conf",
    ],
)
def test_no_other_file_is_shown(host, path):
    with pytest.raises(ActionFailed, match="no file of nginx"):
        texts(host, {"paths": [path]})


def test_a_link_is_not_followed(host, tmp_path):
    link = tmp_path / "etc/nginx/sites-enabled/shop.conf"
    link.parent.mkdir()
    link.symlink_to("/etc/shadow")

    with pytest.raises(ActionFailed, match="cannot be read"):
        texts(host, {"paths": ["/etc/nginx/sites-enabled/shop.conf"]})


def test_a_file_too_large_to_compare_is_not_read(host, tmp_path):
    (tmp_path / SITE[1:]).write_bytes(b"x" * 1_048_577)

    with pytest.raises(ActionFailed, match="larger than 1 MiB"):
        texts(host, {"paths": [SITE]})
