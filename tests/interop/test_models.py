"""Models that the program logs to a real MLflow server load and predict in Python, and equal scikit-learn's."""

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from deltalake import write_deltalake

import nbformat
from nbclient import NotebookClient

mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed")

PROGRAM = ["node", str(Path(__file__).resolve().parents[2] / "bin" / "crypto-lake.js")]
NAME = "BTCUSDT.1m.next-price.1"
LAGS = [f"price_t-{lag}" for lag in range(1, 6)] + ["ma_10"]
MINUTES = 2000


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url, process):
    for _ in range(240):
        assert process.poll() is None, "the server ended"
        try:
            return urllib.request.urlopen(url, timeout=1)
        except OSError:
            time.sleep(0.25)
    raise AssertionError(f"{url} does not answer")


def stop(process):
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(15)


@pytest.fixture(scope="module")
def s3():
    pytest.importorskip("moto", reason="moto is not installed")
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port)], start_new_session=True, stderr=subprocess.DEVNULL
    )
    wait_for(f"http://127.0.0.1:{port}/moto-api/", server)
    urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/mlflow", method="PUT"))
    yield f"http://127.0.0.1:{port}"
    stop(server)


@pytest.fixture(scope="module", params=["server", "s3"])
def environment(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mlflow")
    port = free_port()
    variables = dict(os.environ, MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false", AWS_ACCESS_KEY_ID="key", AWS_SECRET_ACCESS_KEY="secret")
    if request.param == "s3":
        variables["MLFLOW_S3_ENDPOINT_URL"] = request.getfixturevalue("s3")
        place = ["--default-artifact-root", "s3://mlflow/models", "--no-serve-artifacts"]
    else:
        place = ["--artifacts-destination", str(folder / "artifacts")]
    server = subprocess.Popen(
        [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
         "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}", *place],
        env=variables, cwd=folder, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    variables["MLFLOW_TRACKING_URI"] = f"http://127.0.0.1:{port}"
    wait_for(f"http://127.0.0.1:{port}/health", server)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MLFLOW_S3_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            if name in variables:
                patch.setenv(name, variables[name])
        mlflow.set_tracking_uri(variables["MLFLOW_TRACKING_URI"])
        yield variables
    stop(server)


@pytest.fixture(scope="module")
def prices():
    random = np.random.default_rng(7)
    start = datetime.now(timezone.utc).replace(second=0, microsecond=0) - timedelta(minutes=MINUTES - 1)
    walk = [60_000.0]
    for step in random.normal(0, 30, MINUTES - 1):
        walk.append(walk[-1] + 0.05 * (60_000 - walk[-1]) + step)
    times = [start + timedelta(minutes=minute) for minute in range(MINUTES)]
    return pd.DataFrame({"collected_at": times, "last_price": np.round(walk, 2)})


def store_prices(folder, prices):
    times = pa.array(prices.collected_at, pa.timestamp("us", "UTC"))
    words = {name: pa.array([word] * len(prices)) for name, word in {"venue": "binance", "market": "spot", "symbol": "BTCUSDT"}.items()}
    table = pa.table({**words, "collected_at": times, "last_price": prices.last_price.to_numpy(), "received_at": times, "date": times.cast(pa.date32())})
    write_deltalake(folder / "prices", table, partition_by=["date"])


@pytest.fixture(scope="module")
def lake(tmp_path_factory, prices):
    folder = tmp_path_factory.mktemp("learning") / "lake"
    store_prices(folder, prices)
    return folder


def run(lake, environment, *arguments, check=True):
    done = subprocess.run([*PROGRAM, *arguments, "--lake", str(lake)], env=environment, capture_output=True, text=True, timeout=120)
    assert not check or done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def trained(lake, environment):
    return json.loads(run(lake, environment, "train", "--symbol", "BTCUSDT", "--json").stdout)[0]


def inputs_of(prices):
    frame = pd.DataFrame({f"price_t-{lag + 1}": prices.last_price.shift(lag) for lag in range(5)})
    frame["ma_10"] = prices.last_price.rolling(10).mean()
    return frame


def test_python_loads_what_was_logged_and_predicts_the_same(trained, lake, environment, prices, tmp_path):
    predicted = json.loads(run(lake, environment, "predict", "--symbol", "BTCUSDT", "--allow-stale", "--no-store", "--json").stdout)[0]
    newest = inputs_of(prices).tail(1)
    model_id = mlflow.MlflowClient().get_model_version(NAME, trained["version"]).source
    for address in (f"models:/{NAME}/{trained['version']}", f"models:/{NAME}@champion", model_id):
        loaded = mlflow.pyfunc.load_model(address)
        assert loaded.metadata.signature.inputs.input_names() == LAGS
        price = float(np.asarray(loaded.predict(newest)).ravel()[0])
        assert price == pytest.approx(predicted["price"], rel=1e-12)
    import onnx

    run(lake, environment, "models", "export", NAME, "--to", str(tmp_path / "model"))
    onnx.checker.check_model(onnx.load(tmp_path / "model" / "model.onnx"), full_check=True)


def test_the_run_says_what_it_was_made_of(trained):
    run_of = mlflow.get_run(trained["run"])
    assert run_of.info.status == "FINISHED"
    assert mlflow.get_experiment(run_of.info.experiment_id).name == "bitcoin_prediction_s3"
    assert run_of.data.metrics["skill"] == trained["skill"]
    assert run_of.data.params["horizon"] == "1"
    dataset = run_of.inputs.dataset_inputs[0].dataset
    assert (dataset.name, dataset.source_type) == ("prices", "delta_table")
    assert json.loads(dataset.source)["delta_table_version"] == 0


def test_coefficients_and_skill_equal_those_of_scikit_learn(trained, lake, environment, prices, tmp_path):
    from sklearn.linear_model import LinearRegression

    run(lake, environment, "models", "export", NAME, "--to", str(tmp_path))
    model = json.loads((tmp_path / "model.json").read_text())
    inputs, target = inputs_of(prices), prices.last_price.shift(-1)
    complete = inputs.notna().all(axis=1) & target.notna()
    fitted = LinearRegression().fit(inputs[complete], target[complete])
    assert model["features"] == LAGS
    assert np.allclose(model["coefficients"], fitted.coef_, rtol=1e-9, atol=1e-11)
    assert model["intercept"] == pytest.approx(fitted.intercept_, rel=1e-8)


def test_a_run_is_repeated_to_the_bit(trained, lake, environment):
    done = run(lake, environment, "train", "--replay", trained["run"])
    assert "to the bit" in done.stderr


def test_a_linear_onnx_model_of_others_is_served_and_another_is_refused(trained, lake, environment, prices):
    import onnx
    from mlflow.models import infer_signature
    from onnx import TensorProto, helper

    def register(name, operators):
        weights = helper.make_tensor("w", TensorProto.FLOAT, [6, 1], [0.5, 0.5, 0, 0, 0, 0])
        bias = helper.make_tensor("b", TensorProto.FLOAT, [1], [2.0])
        graph = helper.make_graph(
            [helper.make_node("Gemm", ["x", "w", "b"], ["y0"]), *operators], "g",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 6])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])], [weights, bias],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        with mlflow.start_run():
            signature = infer_signature(inputs_of(prices).tail(3), np.zeros((3, 1)))
            mlflow.onnx.log_model(model, name="model", registered_model_name=name, signature=signature)

    arguments = ("predict", "--symbol", "ETHUSDT", "--allow-stale", "--no-store", "--json", "--model")
    register("BTCUSDT.1m.next-price.2", [helper.make_node("Identity", ["y0"], ["y"])])
    served = json.loads(run(lake, environment, *arguments, "BTCUSDT.1m.next-price.2@1").stdout)[0]
    assert served["price"] == pytest.approx(2 + prices.last_price.tail(2).mean(), rel=1e-12)
    assert served["skill"] is None
    register("BTCUSDT.1m.next-price.3", [helper.make_node("Relu", ["y0"], ["y"])])
    refused = run(lake, environment, *arguments, "BTCUSDT.1m.next-price.3@1", check=False)
    assert refused.returncode == 6
    assert "its operator Relu is not linear" in refused.stderr


RECORDED = Path(__file__).resolve().parents[3] / "shared" / "fixtures" / "exchange" / "rest"


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded answers of the exchange are not here")
@pytest.mark.parametrize("length, minutes", [("5m", 5), ("15m", 15), ("1h", 60)])
def test_coefficients_equal_those_of_scikit_learn_on_recorded_prices(length, minutes, tmp_path):
    from sklearn.linear_model import LinearRegression

    klines = json.loads(gzip.decompress((RECORDED / f"spot_klines_BTCUSDT_{length}_500.json.gz").read_bytes()))
    times = pd.to_datetime([kline[0] for kline in klines], unit="ms", utc=True)
    recorded = pd.DataFrame({"collected_at": times, "last_price": [float(kline[4]) for kline in klines]})
    store_prices(tmp_path / "lake", recorded)
    around = ["--since", times[0].isoformat(), "--until", (times[-1] + timedelta(minutes=minutes)).isoformat()]
    environment = {**os.environ, "MLFLOW_TRACKING_URI": ""}
    run(tmp_path / "lake", environment, "train", "--symbol", "BTCUSDT", "--timeframe", length, *around)
    run(tmp_path / "lake", environment, "models", "export", f"BTCUSDT.{length}.next-price.1", "--to", str(tmp_path / "model"))
    model = json.loads((tmp_path / "model" / "model.json").read_text())
    inputs, target = inputs_of(recorded), recorded.last_price.shift(-1)
    complete = inputs.notna().all(axis=1) & target.notna()
    fitted = LinearRegression().fit(inputs[complete], target[complete])
    assert model["rows"] == complete.sum() > 450
    assert np.allclose(model["coefficients"], fitted.coef_, rtol=1e-9, atol=1e-11)
    assert model["intercept"] == pytest.approx(fitted.intercept_, rel=1e-8)


def derived_lake(folder, prices):
    """Bars of the same prices, with a correction and a hole, and features that the program derived of them."""
    lake = folder / "lake"
    times = pa.array(prices.collected_at, pa.timestamp("us", "UTC"))
    close, minute = prices.last_price.to_numpy(), timedelta(minutes=1)
    words = {"venue": "binance", "market": "spot", "symbol": "BTCUSDT", "timeframe": "1m", "origin": "rest", "completeness": "counted", "connection": "a"}
    columns = {name: pa.array([word] * MINUTES) for name, word in words.items()}
    columns |= {name: pa.array(close) for name in ("open", "high", "low", "close")}
    columns |= {name: pa.array([1.0 + index % 7 for index in range(MINUTES)]) for name in ("volume", "quote_volume", "taker_buy_volume", "taker_buy_quote_volume")}
    columns |= {name: pa.array([3] * MINUTES) for name in ("trade_count", "first_trade_id", "last_trade_id")}
    later = pa.array(prices.collected_at + minute, pa.timestamp("us", "UTC"))
    table = pa.table({**columns, "open_time": times, "close_time": later, "event_time": later, "known_at": later, "date": times.cast(pa.date32())})
    write_deltalake(lake / "bars_1m", pa.concat_tables([table[:1000], table[1004:]]), partition_by=["date"])
    corrected = table[1500:1501]
    for name, column in {"close": pa.array(close[1500:1501] + 40), "revision": pa.array([1])}.items():
        place = corrected.schema.get_field_index(name)
        corrected = corrected.append_column(name, column) if place < 0 else corrected.set_column(place, name, column)
    write_deltalake(lake / "bar_corrections", corrected, partition_by=["date"])
    run(lake, os.environ, "derive", "--timeframe", "1m")
    return lake


@pytest.mark.parametrize("source", ["prices", "features"])
@pytest.mark.parametrize("target", ["next-price", "return"])
def test_the_notebook_trains_the_same_from_our_tables_and_gets_the_same_skill(source, target, prices, lake, tmp_path, monkeypatch):
    place = derived_lake(tmp_path, prices) if source == "features" else lake
    options = ["--target", target, "--horizon", "2", "--promote", "always"]
    run(place, {**os.environ, "MLFLOW_TRACKING_URI": ""}, "train", "--symbol", "BTCUSDT", *options)
    monkeypatch.setenv("CRYPTO_LAKE_DIR", str(place))
    examples = Path(__file__).resolve().parents[2] / "examples"
    notebook = nbformat.read(examples / "train.ipynb", as_version=4)
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in notebook.cells)
    notebook.cells.append(nbformat.v4.new_code_cell(
        'print(json.dumps({"source": recipe["source"], "skills": [skill, model["score"]["skill"]], "rows": [len(complete), model["rows"]], "coefficients": [fitted.coef_.tolist(), model["coefficients"]]}))'
    ))
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(examples)}}).execute()
    said = json.loads(notebook.cells[-1]["outputs"][0]["text"])
    assert said["source"] == source
    assert said["rows"][0] == said["rows"][1] > 1000
    assert said["skills"][0] == pytest.approx(said["skills"][1], abs=1e-9)
    assert np.allclose(*said["coefficients"], rtol=1e-7, atol=1e-9)
