"""One connection to a jump host for all hosts behind it."""

import pytest

from deployer.core.transport import HostAddress
from deployer.errors import HostUnreachable
from deployer.transport.gateways import Gateways
from deployer.transport.line import Line

JUMP = HostAddress("jump host bastion", "192.0.2.1")


def test_a_jump_host_that_is_away_is_tried_once_for_all_who_wait():
    tries = []

    def dial(line):
        tries.append(line)
        raise HostUnreachable("it is away", host=JUMP.name)

    line = Line(JUMP, dial)
    for _ in range(30):
        with pytest.raises(HostUnreachable, match="it is away"):
            line.open()

    assert tries == [line]


def test_who_comes_later_tries_anew():
    gateways, tries = Gateways(), []

    def dial(line):
        tries.append(line)
        if len(tries) == 1:
            raise HostUnreachable("it is away", host=JUMP.name)

    with pytest.raises(HostUnreachable):
        gateways.acquire(JUMP, lambda jump: Line(jump, dial))
    opened = gateways.acquire(JUMP, lambda jump: Line(jump, dial))

    assert tries[1] is opened
    assert len(tries) == 2


def test_one_that_could_not_be_opened_is_replaced_while_others_still_hold_it():
    def dial(_):
        raise HostUnreachable("it is away", host=JUMP.name)

    line = Line(JUMP, dial)
    assert not line.is_lost

    with pytest.raises(HostUnreachable):
        line.open()

    assert line.is_lost
