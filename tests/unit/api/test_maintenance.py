import pytest

from deployer.api.maintenance import check
from deployer.api.request import MaintenanceRequest
from deployer.errors import UsageError
from deployer.rendering.files import render_page
from deployer.rendering.values import PageValues


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({}, "either `--on` or `--off`"),
        ({"on": True, "off": True}, "either `--on` or `--off`"),
        ({"off": True, "message": "x"}, "`--message` is for `--on`"),
        ({"on": True, "message": "a\nb"}, "cannot be shown"),
        ({"on": True, "message": "a\x1b[2Jb"}, "cannot be shown"),
        ({"on": True, "message": "x" * 1001}, "cannot be shown"),
    ],
)
def test_what_makes_no_sense_is_refused_before_any_host_is_asked(words, said):
    with pytest.raises(UsageError, match=said) as caught:
        check(MaintenanceRequest("maintenance", **words))

    assert caught.value.hint


def test_the_words_of_a_person_are_text_in_the_page():
    page = render_page(
        PageValues("shop", """</p><script>alert("1")</script> {{ 7 * 7 }}""")
    ).decode()

    assert "<script" not in page
    assert "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; {{ 7 * 7 }}" in page
