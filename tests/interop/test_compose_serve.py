"""The profiles `serve` and `monitoring` of compose.yaml hold: a server that others reach, and a Prometheus that scrapes it.

There is no container engine here: the commands of the services run on this machine, with its paths, ports and names in
their places. Grafana is not here either: that its settings name the right places is read from its files.
"""

import json
import os
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request

import pytest
import yaml
from conftest import REPOSITORY
from s3_server import free_port
from test_models import PROGRAM, lake, prices, wait_for  # noqa: F401 (fixtures)

SERVICES = yaml.safe_load((REPOSITORY / "compose.yaml").read_text())["services"]
PASSWORD = "correct horse battery"


def ask(url, **headers):
    """The status and the text of an answer."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture(scope="module")
def served(lake, tmp_path_factory):  # noqa: F811
    """The service `serve`, with a user. Yields its port on this machine."""
    tmp_path = tmp_path_factory.mktemp("compose")
    service = SERVICES["serve"]
    assert service["profiles"] == ["serve"]
    assert service["ports"] == ["127.0.0.1:8000:8000"]
    assert set(service["volumes"]) == {"lake:/lake", "settings:/settings"}
    (tmp_path / "settings").mkdir()
    places = {"/lake": str(lake), "/settings": str(tmp_path / "settings")}
    environment = {
        name: re.sub(r"^/(lake|settings)(?=/|$)", lambda place: places[place[0]], value)
        for name, value in service["environment"].items()
    }
    port = free_port()
    environment |= {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "CRYPTO_LAKE_PORT": str(port)}
    # Without a user it must not answer to others.
    refused = subprocess.run([*PROGRAM, *service["command"]], env=environment, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 2 and "users add" in refused.stderr
    added = subprocess.run(
        [*PROGRAM, "users", "add", "alice"], env=environment, input=f"{PASSWORD}\n", capture_output=True, text=True, timeout=60
    )
    assert added.returncode == 0, added.stderr
    assert (tmp_path / "settings" / "users.json").exists()
    process = subprocess.Popen([*PROGRAM, *service["command"]], env=environment, cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/health", process)
        yield port
    finally:
        process.terminate()
        process.wait(15)


def test_the_server_is_healthy_asks_others_for_a_token_and_opens_its_metrics_by_its_name_of_the_network(served):
    base = f"http://127.0.0.1:{served}"
    kind, *check = SERVICES["serve"]["healthcheck"]["test"]
    assert kind == "CMD"
    check = [part.replace("127.0.0.1:8000", f"127.0.0.1:{served}") for part in check]
    assert subprocess.run(check, timeout=30).returncode == 0
    assert ask(f"{base}/price/latest")[0] == 401
    login = urllib.request.Request(
        f"{base}/auth/token",
        data=json.dumps({"username": "alice", "password": PASSWORD}).encode(),
        headers={"content-type": "application/json"},
    )
    token = json.load(urllib.request.urlopen(login, timeout=10))["access_token"]
    status, text = ask(f"{base}/price/latest", authorization=f"Bearer {token}")
    assert (status, json.loads(text)["symbol"]) == (200, "BTCUSDT")
    # As Prometheus asks in the network of compose.
    status, text = ask(f"{base}/metrics", host="serve:8000")
    assert status == 200 and "crypto_lake_" in text


@pytest.mark.skipif(shutil.which("prometheus") is None, reason="Debian: apt-get install prometheus")
def test_prometheus_scrapes_the_server_and_knows_the_alerts(served, tmp_path):
    service = SERVICES["prometheus"]
    assert service["profiles"] == ["monitoring"]
    [volume] = service["volumes"]
    folder, place, mode = volume.split(":")
    assert mode == "ro"
    [option] = service["command"]
    name = re.fullmatch(rf"--config\.file={place}/(.+)", option)[1]
    shutil.copytree(REPOSITORY / folder, tmp_path / "etc")
    config = tmp_path / "etc" / name
    text = config.read_text()
    assert "'serve:8000'" in text
    config.write_text(text.replace("serve:8000", f"127.0.0.1:{served}").replace("15s", "1s"))
    port = free_port()
    process = subprocess.Popen(
        ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'data'}", f"--web.listen-address=127.0.0.1:{port}"],
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/-/ready", process)
        for _ in range(120):
            found = json.loads(ask(f"http://127.0.0.1:{port}/api/v1/query?query=up%7Bjob%3D%22crypto-lake%22%7D")[1])
            if [one["value"][1] for one in found["data"]["result"]] == ["1"]:
                break
            time.sleep(0.25)
        else:
            raise AssertionError(found)
        rules = json.loads(ask(f"http://127.0.0.1:{port}/api/v1/rules")[1])["data"]["groups"]
        assert sum(len(group["rules"]) for group in rules) >= 12
    finally:
        process.kill()
        process.wait(15)


def test_grafana_is_told_where_prometheus_and_the_boards_are():
    service = SERVICES["grafana"]
    assert service["profiles"] == ["monitoring"]
    places = dict(reversed(volume.removesuffix(":ro").split(":")) for volume in service["volumes"])
    provisioning = REPOSITORY / places["/etc/grafana/provisioning"]
    [source] = yaml.safe_load((provisioning / "datasources" / "prometheus.yml").read_text())["datasources"]
    # Prometheus listens on 9090 unless its settings name another port.
    assert source["url"] == "http://prometheus:9090" and source["type"] == "prometheus"
    assert not any("web.listen-address" in option for option in SERVICES["prometheus"]["command"])
    [provider] = yaml.safe_load((provisioning / "dashboards" / "crypto-lake.yml").read_text())["providers"]
    boards = list((REPOSITORY / places[provider["options"]["path"]]).glob("*.json"))
    assert len(boards) == 4
    for board in boards:
        assert json.loads(board.read_text())["panels"]
