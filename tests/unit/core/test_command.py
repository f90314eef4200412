from pathlib import PurePosixPath

from deployer.core.command import Command, command


def test_words_paths_and_numbers_become_words():
    made = command("git", "-C", PurePosixPath("/srv/shop"), 7, "")

    assert made == Command(("git", "-C", "/srv/shop", "7", ""))


def test_a_command_is_shown_as_one_would_type_it():
    assert (
        str(command("echo", "two words", "$HOME", "it's"))
        == "echo 'two words' '$HOME' 'it'\"'\"'s'"
    )
