import io
from pathlib import Path

import pytest

from deployer.api.place import Place
from deployer.api.recover import recover
from deployer.api.request import RecoverRequest
from deployer.errors import UsageError


@pytest.mark.parametrize(
    "request_",
    [
        RecoverRequest("recover", finish=True, undo=True),
        RecoverRequest("recover", dry_run=True),
    ],
)
def test_words_that_make_no_sense_are_refused_before_any_host_is_asked(request_):
    place = Place(Path("/nowhere"), {}, io.StringIO(), io.StringIO(), None)

    with pytest.raises(UsageError) as refused:
        recover(place, request_)

    assert refused.value.hint
