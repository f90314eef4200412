import base64
import json
import shlex
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.engine.redact import Redactor

# A mask is no secret: one made of its own stars could be found in it.
LETTERS = st.characters(codec="utf-8", exclude_characters="*")
SECRETS = st.text(LETTERS, min_size=4, max_size=40)
PRINTABLE = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=20)
SHAPES: dict[str, Callable[[str], str]] = {
    "raw": str,
    "shell": shlex.quote,
    "in a longer word of a shell": lambda secret: shlex.quote(f"--key={secret} "),
    "url": quote,
    "path of a url": lambda secret: quote(secret, safe=""),
    "form": quote_plus,
    "small hex": lambda secret: quote(secret, safe="").lower(),
    "json": json.dumps,
    "json as UTF-8": lambda secret: json.dumps(secret, ensure_ascii=False),
    "python": repr,
}


@pytest.mark.parametrize("shape", SHAPES)
@given(secret=SECRETS, before=PRINTABLE, after=PRINTABLE)
def test_a_secret_never_comes_through_in_any_shape(shape, secret, before, after):
    text = before + SHAPES[shape](secret) + after

    assert secret not in Redactor([secret])(text)


@given(secret=st.text(LETTERS, min_size=8, max_size=40), user=st.text(LETTERS, max_size=9))
def test_a_secret_cannot_be_decoded_from_base64(secret, user):
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        line = f"Basic {encode(f'{user}:{secret}'.encode()).decode()}"

        assert line not in Redactor([secret])(line)


@given(secret=SECRETS, text=PRINTABLE)
def test_other_text_is_unchanged(secret, text):
    redact = Redactor([secret])

    scrubbed = redact(text)

    assert scrubbed == text or "***" in scrubbed
    assert Redactor([])(text) == text


@given(secrets=st.lists(st.text(LETTERS, max_size=3)), text=PRINTABLE)
def test_what_is_too_short_to_be_a_secret_is_left(secrets, text):
    assert Redactor(secrets)(text) == text


@given(secret=SECRETS, at=st.integers(0, 40))
def test_a_secret_with_colours_in_the_middle_is_found(secret, at):
    text = f"{secret[:at]}\x1b[31m{secret[at:]}"

    assert secret not in Redactor([secret])(text)


@given(secret=SECRETS)
def test_a_secret_whose_control_characters_the_agent_took_away_is_found(secret):
    cleaned = Redactor([])(secret)

    redacted = Redactor([secret])(cleaned)

    assert len(cleaned) < 4 or cleaned not in redacted
