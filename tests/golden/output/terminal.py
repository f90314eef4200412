"""The least of a terminal: what a person sees after text with cursor movements was written."""

import re

_PIECES = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)")


def seen(text: str) -> str:
    lines, row, column = [""], 0, 0
    for parameters, command, move, words in _PIECES.findall(text):
        if words:
            line = lines[row].ljust(column)
            lines[row] = line[:column] + words + line[column + len(words) :]
            column += len(words)
        elif move == "\r":
            column = 0
        elif move == "\n":
            row, column = row + 1, 0
            lines += [""] * (row >= len(lines))
        elif command == "A":
            row -= int(parameters or 1)
        elif command == "K":
            lines[row] = "" if parameters == "2" else lines[row][:column]
        elif command not in "mhl":
            raise AssertionError(f"unknown: {parameters}{command}")
    return "".join(f"{line.rstrip()}\n" for line in lines)
