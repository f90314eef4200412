from hypothesis import given
from hypothesis import strategies as st

from deployer.transport.framing import Lines, Tail, decode, encode, pieces


def test_a_message_is_one_compact_line_of_utf8():
    assert encode({"verb": "echo", "text": "é\n"}) == '{"verb":"echo","text":"é\\n"}\n'.encode()


def test_the_line_announces_the_lengths_of_its_blobs():
    assert encode({"verb": "put"}, (b"abc", b"")) == b'{"verb":"put","blobs":[3,0]}\n'


def test_only_json_objects_are_messages():
    assert decode(b'{"a":1}\r') == {"a": 1}
    assert [decode(line) for line in (b"[]", b"1", b"hi", b"", b"\xff", b"[" * 100_000)] == (
        [None] * 6
    )


@given(st.lists(st.binary(max_size=20).map(lambda data: data.replace(b"\n", b""))), st.data())
def test_lines_come_out_whole_however_the_bytes_arrive(lines, data):
    stream = b"".join(line + b"\n" for line in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    reader, found = Lines(), []

    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        reader.feed(stream[start:end])
        while (line := reader.pop()) is not None:
            found.append(line)

    assert found == lines
    assert len(reader) == 0


@given(st.binary(max_size=30), st.lists(st.binary(max_size=30)), st.integers(1, 20))
def test_pieces_put_together_are_the_line_and_its_blobs(line, blobs, size):
    assert b"".join(pieces(line, blobs, size)) == line + b"".join(blobs)


def test_small_blobs_travel_with_their_line():
    assert list(pieces(b"line\n", (b"a", b"b"))) == [b"line\nab"]


def test_only_the_last_words_are_kept():
    tail = Tail(5)

    tail.feed(b"hello ")
    tail.feed(b"w\xffrld\n")

    assert tail.data == b"\xffrld\n"
    assert tail.text() == "\ufffdrld"
