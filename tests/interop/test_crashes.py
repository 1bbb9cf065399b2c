"""Tables of processes that were killed at each named step open everywhere, with no row lost or doubled."""

import json
import shutil
import signal
import subprocess

import polars
import pytest
from conftest import REPOSITORY
from deltalake import DeltaTable


def act(name, folder, kill_at=None):
    command = ["node", str(REPOSITORY / "tests" / "support" / "upkeep-process.js"), name, str(folder)]
    return subprocess.run(
        [*command, *([] if kill_at is None else [str(kill_at)])], capture_output=True, text=True, timeout=60
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "table"
    assert act("make", folder).returncode == 0
    return folder


@pytest.mark.parametrize("name", ["append", "checkpoint", "cleanup", "vacuum", "compact"])
def test_a_process_killed_at_any_step_leaves_a_table_that_all_engines_open(tmp_path, made, spark, name):
    def copy(to):
        shutil.copytree(made, tmp_path / to)
        return tmp_path / to

    steps = json.loads(act(name, copy("whole")).stdout)
    tables = {}
    for index, step in enumerate(steps):
        folder = copy(str(index))
        assert act(name, folder, index + 1).returncode == -signal.SIGKILL, step
        tables[folder] = [2, 3, 4] if (name, step) == ("append", "commit:linked") else [2, 3]
    assert len(tables) >= 2
    everywhere = " UNION ALL ".join(f"SELECT '{folder}' AS folder, id FROM delta.`{folder}`" for folder in tables)
    by_spark = spark.sql(everywhere).collect()
    for folder, expected in tables.items():
        assert sorted(row.id for row in by_spark if row.folder == str(folder)) == expected, folder
        assert sorted(DeltaTable(str(folder)).to_pyarrow_table()["id"].to_pylist()) == expected, folder
        assert polars.scan_delta(str(folder)).collect()["id"].sort().to_list() == expected, folder
