"""A network that is slow: a name with two addresses, one of which leads nowhere and one whose handshake takes three seconds."""

import os
import shlex
import subprocess
import sys

import pytest
from conftest import PROGRAM

# Its queue of handshakes is full until the kernel of the other side has tried a third time.
SERVER = """
import json, socket, threading, time
listener = socket.socket()
listener.bind(("127.0.0.2", 18081))
listener.listen(0)
waiting = [socket.socket() for _ in range(3)]
for one in waiting:
    one.setblocking(False)
    one.connect_ex(("127.0.0.2", 18081))
print("full", flush=True)
time.sleep(2.6)
for one in waiting:
    one.close()
listener.listen(50)

def serve(client):
    asked = client.recv(65536)
    if asked:
        body = json.dumps([{"symbol": "BTCUSDT", "lastPrice": "1.0"}]).encode()
        head = f"HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\ncontent-length: {len(body)}\\r\\n\\r\\n"
        client.sendall(head.encode() + body)
    client.close()

while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""

STEPS = """
ip link set lo up
sysctl -qw net.ipv4.tcp_syncookies=0
mount --bind hosts /etc/hosts
{python} server.py & server=$!
sleep 0.3
{program} once --lake lake
code=$?
kill $server
exit $code
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="a network of its own needs root")
def test_a_slow_handshake_beside_an_address_without_a_route_is_waited_for(tmp_path):
    (tmp_path / "server.py").write_text(SERVER)
    (tmp_path / "hosts").write_text("127.0.0.1 localhost\n127.0.0.2 exchange.test\n2001:db8::1 exchange.test\n")
    (tmp_path / "steps.sh").write_text(STEPS.format(python=shlex.quote(sys.executable), program=shlex.join(PROGRAM)))
    environment = {
        "PATH": os.environ["PATH"],
        "BINANCE_SPOT_REST_URL": "http://exchange.test:18081",
        "CRYPTO_LAKE_UPKEEP": "off",
    }
    done = subprocess.run(
        ["unshare", "-n", "-m", "sh", "steps.sh"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "stored 1 prices" in done.stderr
