import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.agent.talk.frames import Reader, WrongFrame, encode, filled, has_blob


def reader(data):
    return Reader(io.BytesIO(data).read)


def test_a_message_comes_with_its_blobs():
    found = reader(b'{"verb":"order","blobs":[3,0,2]}\nabcde{"verb":"bye"}\n')

    assert found.message() == ({"verb": "order"}, [b"abc", b"", b"de"])
    assert found.message() == ({"verb": "bye"}, [])
    assert found.message() is None


@given(st.lists(st.binary(max_size=50), max_size=4), st.integers(1, 7))
def test_it_does_not_matter_in_which_pieces_bytes_arrive(blobs, size):
    line = encode({"verb": "x", "blobs": [len(one) for one in blobs]})
    stream = io.BytesIO((line + b"".join(blobs)) * 2)

    found = Reader(lambda _wanted: stream.read(size))

    assert [found.message(), found.message(), found.message()] == [
        ({"verb": "x"}, blobs),
        ({"verb": "x"}, blobs),
        None,
    ]


def test_a_line_without_its_end_is_never_acted_on():
    assert reader(b'{"verb":"commit"}').message() is None


@pytest.mark.parametrize(
    "data",
    [
        b"[1]\n",
        b"nonsense\n",
        b'{"blobs":[-1]}\n',
        b'{"blobs":["1"]}\n',
        b'{"blobs":[true]}\n',
        b'{"blobs":[99999999999]}\n',
        b'{"blobs":[5]}\nabc',
    ],
)
def test_what_is_no_message_is_refused(data):
    with pytest.raises(WrongFrame):
        reader(data).message()


def test_bytes_that_were_read_too_far_go_to_the_next_reader():
    found = reader(b'{"verb":"begin"}\n{"verb":"order"}\n')
    found.message()

    assert found.rest() == b'{"verb":"order"}\n'
    assert found.rest() == b""


def test_blobs_take_the_places_that_name_them():
    wanted = [{"action": "Put", "content": {"blob": 1}}, {"blob": 0}]

    assert filled(wanted, [b"a", b"b"]) == [{"action": "Put", "content": b"b"}, b"a"]


@pytest.mark.parametrize("number", [2, -1, "0", None])
def test_a_blob_that_did_not_come_is_refused(number):
    with pytest.raises(WrongFrame):
        filled({"content": {"blob": number}}, [b"a", b"b"])


def test_a_blob_is_found_however_deep_it_is():
    assert has_blob([{"action": "Put", "list": [{"content": {"blob": 0}}]}])
    assert not has_blob([{"action": "PutBack", "path": "/etc/x"}])
