"""Builds and runs a Dockerfile's own lines in a bare folder, where there is no container engine.

Each stage is a folder; a path that WORKDIR or VOLUME names lies in it. The base image is this machine: its shell, its
Node. A line that is not understood is an error, so that none goes unproven.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

UIDS = {"node": 1000}  # users of the base image


class Image:
    def __init__(self, repository, folder):
        self._stages = {}
        self._folder = folder
        self._lines = instructions((repository / "Dockerfile").read_text())
        places = [text.split()[0] for name, text in self._lines if name in ("WORKDIR", "VOLUME")]
        self._places = re.compile(rf"(?<![\w./])({'|'.join(sorted(set(places)))})(?![\w-])")
        self._context = copy_context(repository, folder / "context")
        self.healthcheck = self.entrypoint = self.command = self.stop_signal = self.user = self.volume = None
        for name, text in self._lines:
            getattr(self, f"_{name.lower()}")(text)

    def start(self, arguments, environment, **options):
        """Runs a command line as the image's user with the image's environment, and this on top."""
        if os.geteuid() == 0:
            options |= {"user": UIDS[self.user], "group": UIDS[self.user], "extra_groups": []}
        return subprocess.Popen(
            [self.inside(argument) for argument in arguments],
            cwd=self.inside(self.workdir),
            env={"PATH": os.environ["PATH"], **self.environment, **environment},
            text=True,
            **options,
        )

    def inside(self, text):
        """The same text with the image's paths as they are on this machine."""
        return self._places.sub(rf"{self._root}\1", text)

    def _from(self, text):
        base, *rest = text.split()
        assert re.fullmatch(r"node:\d+\.\d+\.\d+-[\w-]+", base), f"{base} is not pinned"
        name = rest[1] if rest else str(len(self._stages))
        self._root = self._stages[name] = self._folder / name
        self._root.mkdir(mode=0o755)
        self.environment = {}

    def _workdir(self, text):
        self.workdir = text
        Path(self.inside(text)).mkdir(parents=True, exist_ok=True)

    def _env(self, text):
        self.environment |= {
            name: self.inside(value) for name, value in (pair.split("=", 1) for pair in shlex.split(text))
        }

    def _copy(self, text):
        words = shlex.split(text)
        flags = dict(word[2:].split("=", 1) for word in words if word.startswith("--"))
        *sources, target = [word for word in words if not word.startswith("--")]
        origin = self._stages[flags["from"]] if "from" in flags else self._context
        for source in sources:
            found = origin / source.lstrip("/")
            into = Path(self.inside(self.workdir), self.inside(target))
            if found.is_dir():
                shutil.copytree(found, into, symlinks=True, copy_function=os.link, dirs_exist_ok=True)
            else:
                os.link(found, into / found.name if target.endswith("/") else into)
            if "chown" in flags and os.geteuid() == 0:
                os.chown(into, *(UIDS[name] for name in flags["chown"].split(":")))

    def _run(self, text):
        done = subprocess.run(
            ["sh", "-c", self.inside(text)],
            cwd=self.inside(self.workdir),
            env={**os.environ, "npm_config_prefer_offline": "true", **self.environment},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{text}: {done.stderr}"

    def _user(self, text):
        self.user = text

    def _volume(self, text):
        self.volume = self.volume or Path(self.inside(text))  # the lake is the first

    def _stopsignal(self, text):
        self.stop_signal = text

    def _healthcheck(self, text):
        self.healthcheck = json.loads(text.partition(" CMD ")[2])

    def _entrypoint(self, text):
        self.entrypoint = json.loads(text)

    def _cmd(self, text):
        self.command = json.loads(text)


def instructions(dockerfile):
    """(INSTRUCTION, rest) of each line; lines that end in a backslash go on."""
    lines = [line for line in dockerfile.splitlines() if line.strip() and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines()]


def copy_context(repository, folder):
    """What a build may see: `.dockerignore` shuts out everything, then names what is let in."""
    everything, *exceptions = (repository / ".dockerignore").read_text().split()
    assert everything == "*"
    folder.mkdir()
    for exception in exceptions:
        assert exception.startswith("!")
        source = repository / exception[1:]
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, folder / source.name)
    return folder
