from deployer.rendering.diff import difference


def test_equal_files_have_no_difference():
    assert difference("/etc/a", b"a\n", b"a\n", secret=False) == ""


def test_a_changed_file_is_shown_as_a_unified_diff():
    text = difference("/etc/a", b"a\nb\nc\n", b"a\nB\nc\n", secret=False)

    assert text == "--- /etc/a\n+++ /etc/a\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"


def test_a_new_file_comes_from_nothing():
    text = difference("/etc/a", None, b"a\n", secret=False)

    assert text == "--- /dev/null\n+++ /etc/a\n@@ -0,0 +1 @@\n+a\n"


def test_a_missing_newline_at_the_end_is_said():
    text = difference("/etc/a", b"a", b"a\n", secret=False)

    assert text.endswith("-a\n\\ No newline at end of file\n+a\n")


def test_bytes_that_are_no_text_and_escape_sequences_are_spelled_out():
    text = difference("/etc/a", b"\xff\x1b[2J\x0bx\n", None, secret=False)

    assert text.endswith("-\\xff\\x1b[2J\\x0bx\n")


def test_of_a_secret_file_only_names_are_shown():
    present = b'# head\nA="one"\nB="two\n# no comment\nC=x"\nD="4\\""\n'
    wanted = b'# other head\nA="one"\nB="changed"\nE="5"\n'

    text = difference("app.env", present, wanted, secret=True)

    assert text == "--- app.env\n+++ app.env\n A=***\n-B=***\n-D=***\n+B=***\n+E=***\n"


def test_what_is_no_variable_in_a_secret_file_is_not_shown_either():
    text = difference("app.env", b"password hunter2\n", b'A="1"\n', secret=True)

    assert text == "--- app.env\n+++ app.env\n-(other lines)=***\n+A=***\n"
