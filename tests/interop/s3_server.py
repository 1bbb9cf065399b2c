"""A real S3 server for tests, and what its clients have to know."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

CACHE = Path(__file__).parent / ".cache"
KEY, SECRET = "interop-key", "interop-secret-0123456789"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def s3_server(gateways=1):
    """Yields the addresses of gateways to one bucket, `lake`."""
    # On a file system with extended attributes.
    folder = Path(tempfile.mkdtemp(prefix="s3-", dir=CACHE))
    (folder / "lake").mkdir()
    servers, urls = [], []
    try:
        for _ in range(gateways):
            port = free_port()
            servers.append(
                subprocess.Popen(
                    [CACHE / "bin" / "versitygw", "--port", f"127.0.0.1:{port}", "--keep-alive", "--quiet", "posix", folder],
                    env={"PATH": os.environ["PATH"], "ROOT_ACCESS_KEY": KEY, "ROOT_SECRET_KEY": SECRET},
                )
            )
            urls.append(f"http://127.0.0.1:{port}")
            for _ in range(200):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
        yield urls
    finally:
        for server in servers:
            server.kill()
            server.wait()
        shutil.rmtree(folder)


def storage_options(url):
    """For delta-rs and Polars."""
    return {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": url,
        "AWS_ALLOW_HTTP": "true",
    }


def environment(url, folder):
    """For the program; `folder` is where it keeps copies."""
    options = {name: value for name, value in storage_options(url).items() if name != "AWS_ALLOW_HTTP"}
    return {**os.environ, **options, "CRYPTO_LAKE_CACHE": f"{folder}/cache", "CRYPTO_LAKE_SPOOL": f"{folder}/spool"}
