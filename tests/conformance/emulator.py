"""A served emulator, and the clients that talk to it."""

import contextlib
import functools
import json
import os
import re
import signal
import subprocess
import threading
import time
import urllib.request

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from model import check_response, service_model

ACCOUNT_ID = "111122223333"
REGION = "us-east-1"
ACCESS_KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


class Emulator:
    """`rekon emulator` on a free port, until the end of the block.

    Without arguments there are no quotas, and whatever takes time is soon done.
    """

    def __init__(self, *arguments, listen="127.0.0.1:0", quota="off", settle="100ms", preexec_fn=None):
        self.arguments = [os.environ["REKON_BIN"], "emulator", "--listen", listen]
        self.arguments += ["--quota", quota, "--settle", settle, *map(str, arguments)]
        self.process = None
        self._preexec_fn = preexec_fn
        self.output = []
        self._session = URLLib3Session(timeout=10)
        self._clients = []

    def __enter__(self):
        self.process = subprocess.Popen(self.arguments, stderr=subprocess.PIPE, text=True, preexec_fn=self._preexec_fn)
        for line in self.process.stderr:
            self.output.append(line)
            if found := re.match(r"listening on (http://\S+)", line):
                self.url = found[1]
                break
        else:
            self.process.wait()
            self.process.stderr.close()
            raise RuntimeError(f"it did not start: {''.join(self.output)}")
        # Whatever it says from here on must not fill the pipe.
        self._talk = threading.Thread(target=lambda: self.output.extend(self.process.stderr))
        self._talk.start()
        return self

    def __exit__(self, *_):
        for client in [self._session, *self._clients]:
            client.close()
        if self.process.poll() is None:
            self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.process.kill()
        self.process.wait()
        self._talk.join()
        self.process.stderr.close()

    def terminate(self):
        """Asks it to stop, and gives its exit code."""
        self.process.terminate()
        return self.process.wait(10)

    def kill(self):
        """Ends it in the middle of whatever it does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def client(self, service="rekognition", access_key_id=ACCESS_KEY_ID, **config):
        """A boto3 client that tries once, and holds every answer against the model."""
        settings = {"retries": {"total_max_attempts": 1}, "read_timeout": 10, "connect_timeout": 5, **config}
        client = boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=access_key_id,
            aws_secret_access_key=SECRET_ACCESS_KEY,
            config=Config(**settings),
        )
        client.meta.events.register("response-received", functools.partial(_check, client.meta.service_model))
        self._clients.append(client)
        return client

    def send(self, service, operation, body, headers=()):
        """Sends a signed request that no client has looked at; gives the status and the answer."""
        model = service_model(service)
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        request = AWSRequest("POST", self.url + "/", data=body)
        request.headers["X-Amz-Target"] = f"{model.metadata['targetPrefix']}.{operation}"
        request.headers["Content-Type"] = f"application/x-amz-json-{model.metadata['jsonVersion']}"
        for name, value in dict(headers).items():
            del request.headers[name]
            if value is not None:
                request.headers[name] = value
        SigV4Auth(Credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY), service, REGION).add_auth(request)
        answer = self._session.send(request.prepare())
        return answer.status_code, json.loads(answer.content)

    def health(self):
        with urllib.request.urlopen(self.url) as answer:
            return json.load(answer)


def _check(model, response_dict, event_name, **_):
    """Holds an answer as it came over the wire against the model of the operation that it answers."""
    if response_dict is not None:
        assert response_dict["headers"].get("x-amzn-requestid"), event_name
        if model.protocol == "json":
            operation = model.operation_model(event_name.rsplit(".", 1)[-1])
            check_response(operation, response_dict["status_code"], json.loads(response_dict["body"]))


def wait_until(condition, timeout=10):
    """Waits until something is so; gives what it then is."""
    deadline = time.monotonic() + timeout
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)
    return found
