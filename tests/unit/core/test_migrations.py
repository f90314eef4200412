import pytest

from deployer.core.migrations import Pending, parse_pending


@pytest.mark.parametrize(
    ("report", "pending", "kind"),
    [
        ({}, Pending(known=False), "none"),
        (None, Pending(known=False), "none"),
        ({"migrations": {}}, Pending(known=True), "none"),
        (
            {"migrations": {"pending": ["a.1"], "destructive": []}},
            Pending(known=True, names=("a.1",)),
            "additive",
        ),
        (
            {"migrations": {"pending": ["a.1", "a.2"], "destructive": ["a.2"]}},
            Pending(known=True, names=("a.1", "a.2"), destructive=("a.2",)),
            "destructive",
        ),
    ],
)
def test_a_rehearsal_tells_what_is_pending(report, pending, kind):
    found = parse_pending(report)

    assert found == pending
    assert found.kind == kind
