"""The profile `mlflow` of compose.yaml holds: its own commands start MLflow and an S3 server in which `train` keeps a model.

There is no container engine here. Each service's command runs on this machine with its paths, host names, and ports put in
their places, and the packages that its image installs are those of this environment.
"""

import importlib.metadata
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import yaml
from conftest import REPOSITORY
from s3_server import CACHE, free_port
from test_models import PROGRAM, lake, mlflow, prices, wait_for  # noqa: F401 (fixtures)

SECRET = "a-secret-of-the-user"
PORTS = {"s3": 7070, "mlflow": 5000}


class Compose:
    """Services of compose.yaml as processes of this machine, below one folder."""

    def __init__(self, folder):
        self.folder = folder
        self._services = yaml.safe_load((REPOSITORY / "compose.yaml").read_text())["services"]
        self.ports = {name: free_port() for name in PORTS}
        self._processes = []

    def start(self, name, **programs):
        """`programs` says where a program of the image lies here."""
        service = self._services[name]
        assert service["profiles"] == ["mlflow"]
        command = service.get("entrypoint") or shlex.split(service["command"])
        (self.folder / name).mkdir()
        data = str(self.folder / name)
        arguments = [self.here(text).replace("/data", data) for text in command]
        environment = {key: self.here(str(value)) for key, value in service["environment"].items()}
        process = subprocess.Popen(
            [*programs.get(arguments[0], [arguments[0]]), *arguments[1:]],
            env={"PATH": programs.get("PATH", os.environ["PATH"]), "HOME": data, **environment},
            cwd=data, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        self._processes.append(process)
        return process

    def here(self, text):
        """The same text with settings filled in as compose does, and with this machine's names and ports."""
        text = re.sub(r"\$\{MLFLOW_S3_SECRET:-[^}]*\}", SECRET, text).replace("$$", "$")
        for name, port in PORTS.items():
            text = re.sub(rf"\b(?:{name}|localhost):{port}\b", f"127.0.0.1:{self.ports[name]}", text)
            text = re.sub(rf"(?<![\w.])(:|--port ?){port}\b", rf"\g<1>{self.ports[name]}", text)
            text = str(self.ports[name]) if text == str(port) else text
        return text

    def packages(self, name):
        """What an image installs by pip."""
        return dict(re.findall(r"([\w-]+)==([\w.]+)", self._services[name]["build"]["dockerfile_inline"]))

    def close(self):
        for process in self._processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(15)


@pytest.fixture
def compose():
    # The S3 server keeps extended attributes: not every temporary folder has them.
    folder = Path(tempfile.mkdtemp(prefix="compose-", dir=CACHE))
    started = Compose(folder)
    yield started
    started.close()
    shutil.rmtree(folder)


def test_train_logs_to_the_mlflow_of_the_profile_and_python_loads_the_model_from_its_s3_server(compose, lake, tmp_path):  # noqa: F811
    packages = compose.packages("mlflow")
    assert {name: importlib.metadata.version(name) for name in packages} == packages
    assert set(packages) == {"mlflow", "boto3"}
    s3 = compose.start("s3", PATH=f"{os.environ['PATH']}:{CACHE / 'bin'}")
    server = compose.start("mlflow", mlflow=[sys.executable, "-m", "mlflow"])
    wait_for_port(compose.ports["s3"], s3)
    wait_for(f"http://127.0.0.1:{compose.ports['mlflow']}/health", server)
    # The lines that compose.yaml tells the user to write.
    settings = {
        "MLFLOW_TRACKING_URI": compose.here("http://mlflow:5000"),
        "MLFLOW_S3_ENDPOINT_URL": compose.here("http://s3:7070"),
        "AWS_ACCESS_KEY_ID": "mlflow",
        "AWS_SECRET_ACCESS_KEY": SECRET,
    }
    done = subprocess.run(
        [*PROGRAM, "train", "--symbol", "BTCUSDT", "--json", "--lake", str(lake)],
        env={**os.environ, **settings}, capture_output=True, text=True, timeout=120,
    )
    assert done.returncode == 0, done.stderr
    [trained] = json.loads(done.stdout)
    assert any(compose.folder.glob("s3/mlflow/artifacts/**/MLmodel")), "the model is not on the S3 server"
    script = """
import mlflow, numpy, pandas, sys
model = mlflow.pyfunc.load_model(f"models:/{sys.argv[1]}@champion")
names = model.metadata.signature.inputs.input_names()
predicted = model.predict(pandas.DataFrame([[60000.0] * len(names)], columns=names))
print(float(numpy.asarray(predicted).ravel()[0]))
"""
    loaded = subprocess.run(
        [sys.executable, "-c", script, trained["name"]],
        env={**os.environ, **settings}, capture_output=True, text=True, timeout=120,
    )
    assert loaded.returncode == 0, loaded.stderr
    assert 59_000 < float(loaded.stdout.splitlines()[-1]) < 61_000


def wait_for_port(port, process):
    """An S3 server answers nobody who does not sign."""
    for _ in range(240):
        assert process.poll() is None, "the S3 server ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.25)
    raise AssertionError(f"nothing listens on port {port}")
