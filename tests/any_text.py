"""Texts as people and programs put them into settings: any, and the awkward ones more often."""

import re

from hypothesis import strategies as st

_AWKWARD = [
    "\n", "\r\n", "\t", " ", '"', "'", "\\", "$", "`", "%", "%%", "%n", "${HOME}", "$(id)", ";",
    "#", "{", "}", "=", "export ", "é", "\u0301", "🦆", "\u2028", "\u0085", "\x01", "\x1b[0m",
    "\x7f", "\ufeff", "\u200b", "{{ 7*7 }}", "{% x %}", "\\n", "\\x41", "\\\n",
]  # fmt: skip
_CHARACTERS = st.characters(codec="utf-8", exclude_characters="\0").filter(
    lambda sign: ord(sign) & 0xFFFE != 0xFFFE and not 0xFDD0 <= ord(sign) <= 0xFDEF
)

texts = st.lists(st.one_of(st.sampled_from(_AWKWARD), st.text(_CHARACTERS, max_size=8))).map(
    "".join
)
"""Any text that an environment variable can hold."""

lines = texts.map(lambda text: re.sub(r"[\x00-\x1f\x7f$]", "", text))
"""Any text that can stand in a unit or in nginx: no control characters, no `$`."""

environments = st.dictionaries(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,11}", fullmatch=True), texts)
"""Names and values of environment variables."""
