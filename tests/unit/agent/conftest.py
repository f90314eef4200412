import pytest

from tests.unit.agent.talk import HostFolder


@pytest.fixture
def host(tmp_path):
    folder = HostFolder(tmp_path)
    yield folder
    folder.close()
