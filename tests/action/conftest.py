from pathlib import Path
from typing import Iterator

import pytest

from github_stand_in import Service
from runner import Workspace


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    yield service
    service.close()
    assert not service.mistakes, service.mistakes


@pytest.fixture
def work(tmp_path: Path, service: Service) -> Workspace:
    return Workspace(tmp_path, service)
