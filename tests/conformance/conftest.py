import os

import pytest

from emulator import Emulator

# Nothing of the machine's own settings, and no proxy between a client and the emulator.
for name in list(os.environ):
    if name.startswith("AWS_") or name.lower().endswith("_proxy"):
        del os.environ[name]
os.environ.update(AWS_EC2_METADATA_DISABLED="true", AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)


@pytest.fixture(scope="module")
def emulator():
    """One emulator for all tests of a module that get along with each other."""
    with Emulator() as served:
        yield served


@pytest.fixture(scope="module")
def rekognition(emulator):
    return emulator.client()
