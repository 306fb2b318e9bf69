"""A real S3 server on loopback for tests (moto), with a bucket, and the settings of a machine that uses it."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

BUCKET = "cohesion"
SETTINGS = {
    "AWS_ACCESS_KEY_ID": "for-tests",
    "AWS_SECRET_ACCESS_KEY": "not-a-secret-value",
    "AWS_DEFAULT_REGION": "eu-west-2",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@contextlib.contextmanager
def s3_server() -> Iterator[str]:
    """The address of the server; its settings are in the environment as long as it runs."""
    port = free_port()
    command = [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    before, address = dict(os.environ), f"http://127.0.0.1:{port}"
    os.environ.update(SETTINGS, AWS_ENDPOINT_URL_S3=address)
    try:
        _wait_for(port)
        client().create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
        yield address
    finally:
        os.environ.clear()
        os.environ.update(before)
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(10)
        server.kill()


def client():
    import boto3

    return boto3.client("s3")


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 90
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert time.monotonic() < deadline, "the server of object storage did not start"
        time.sleep(0.2)
