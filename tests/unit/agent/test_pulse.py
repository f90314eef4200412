from deployer.agent.talk.pulse import EVERY, LIMIT, QUIET, Pulse


class Time:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def made(*, beats):
    time = Time()
    return time, Pulse(beats=beats, now=time)


def test_a_controller_that_does_not_beat_is_never_lost():
    time, pulse = made(beats=False)
    time.now += 3600

    assert not pulse.is_lost


def test_a_controller_that_beats_is_lost_after_its_limit():
    time, pulse = made(beats=True)
    time.now += LIMIT - 0.1
    assert not pulse.is_lost

    time.now += 0.1

    assert pulse.is_lost


def test_time_in_which_we_could_not_look_is_no_silence():
    time, pulse = made(beats=True)
    for _ in range(3):
        time.now += LIMIT * 2  # a host that stood still
        pulse.looked()
        assert not pulse.is_lost

    time.now += LIMIT - 3 * EVERY
    assert pulse.is_lost


def test_looking_often_does_not_make_the_silence_shorter():
    time, pulse = made(beats=True)
    for _ in range(int(LIMIT)):
        time.now += 1.0
        pulse.looked()

    assert pulse.is_lost


def test_every_byte_is_a_sign_of_life():
    time, pulse = made(beats=True)
    time.now += LIMIT - 1
    pulse.heard()
    time.now += LIMIT - 1

    assert not pulse.is_lost


def test_it_is_our_turn_after_a_pause_that_depends_on_the_other_side():
    for beats, pause in ((True, EVERY), (False, QUIET)):
        time, pulse = made(beats=beats)
        assert (pulse.is_quiet, pulse.pause) == (False, pause)

        time.now += pause
        assert pulse.is_quiet

        pulse.told()
        assert not pulse.is_quiet
