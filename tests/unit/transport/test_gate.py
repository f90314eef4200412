import threading

from deployer.transport.gate import Gate, Gates


def enter_together(gate, count):
    inside, most, lock = [], [], threading.Lock()
    barrier = threading.Event()

    def walk():
        with gate.passage():
            with lock:
                inside.append(1)
                most.append(len(inside))
            barrier.wait(0.05)
            with lock:
                inside.pop()

    threads = [threading.Thread(target=walk) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    return max(most)


def test_no_more_than_its_width_pass_at_a_time():
    assert enter_together(Gate(3), 9) == 3


def test_a_refusal_halves_the_width_down_to_one():
    gate = Gate(4)

    gate.narrow()
    assert enter_together(gate, 6) == 2

    gate.narrow()
    gate.narrow()
    assert enter_together(gate, 3) == 1


def test_an_address_has_one_gate_for_all():
    gates = Gates()

    assert gates.at("192.0.2.1", 22) is gates.at("192.0.2.1", 22)
    assert gates.at("192.0.2.1", 22) is not gates.at("192.0.2.1", 2222)
