"""The commands of the Dockerfile hold: they build a program without what development needs, that runs as a plain user."""

import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from conftest import REPOSITORY
from image import Image

STALE = 3


@pytest.fixture(scope="module")
def image():
    # Not pytest's own folder: that is closed to other users.
    with tempfile.TemporaryDirectory(prefix="crypto-lake-image-") as folder:
        os.chmod(folder, 0o755)
        yield Image(REPOSITORY, Path(folder))


def health(image):
    process = image.start(image.healthcheck, {}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, errors = process.communicate(timeout=30)
    assert process.returncode in (0, STALE), errors
    return process.returncode


def test_the_image_holds_the_program_and_nothing_that_only_development_needs(image):
    app = Path(image.inside("/app"))
    assert sorted(os.listdir(app)) == ["LICENSE", "bin", "dist", "node_modules", "package.json"]
    package = json.loads((REPOSITORY / "package.json").read_text())
    for name in package["dependencies"]:
        assert (app / "node_modules" / name).is_dir(), name
    for name in package["devDependencies"]:
        assert not (app / "node_modules" / name).exists(), name


def test_a_plain_user_collects_and_reads_and_health_follows_the_collector(image, exchange):
    assert health(image) == STALE
    collector = image.start([*image.entrypoint, *image.command], settings(exchange), stderr=subprocess.PIPE)
    try:
        commits = [image.volume / table / "_delta_log" / f"{1:020}.json" for table in ("liquidation", "prices")]
        wait_until(lambda: all(commit.exists() for commit in commits), collector)
        # A heartbeat is written every 5 s.
        wait_until(lambda: health(image) == 0, collector)
        if os.geteuid() == 0:
            assert {path.stat().st_uid for path in [*commits, Path(f"/proc/{collector.pid}")]} == {1000}
    finally:
        collector.send_signal(signal.Signals[image.stop_signal])
        _, errors = collector.communicate(timeout=15)
    assert collector.returncode == 0, errors
    query = ["read", "--sql", "SELECT count(*) AS n FROM liquidation", "--json"]
    reader = image.start([*image.entrypoint, *query], {}, stdout=subprocess.PIPE)
    [answer] = json.loads(reader.communicate(timeout=30)[0])
    assert int(answer["n"]) > 0
    assert health(image) == STALE


def wait_until(holds, process):
    deadline = time.monotonic() + 30
    while not holds():
        assert process.poll() is None, "the collector ended by itself"
        if time.monotonic() > deadline:
            process.kill()
            raise AssertionError(process.communicate()[1])
        time.sleep(0.2)


def settings(environment):
    """What a user gives the container; nothing else of this machine's environment."""
    ours = {name: value for name, value in environment.items() if name.startswith(("CRYPTO_LAKE_", "BINANCE_"))}
    return ours | {"CRYPTO_LAKE_PRICES_INTERVAL": "2s"}
