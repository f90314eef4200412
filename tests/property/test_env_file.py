from hypothesis import given
from hypothesis import strategies as st

from deployer.agent.system import env_file

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True)
values = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
hard = st.text("\\\"'$`# ;=\n\r\tab%é")


@given(st.dictionaries(names, values | hard, max_size=6))
def test_what_is_written_is_read_again(variables):
    content = env_file.write(variables.items())

    assert env_file.read(content) == variables


@given(st.binary(max_size=200).map(lambda raw: raw.decode("latin-1").encode()))
def test_any_text_is_read_without_an_error(content):
    found = env_file.read(content)

    assert all(isinstance(value, str) for value in found.values())
