"""Many clients at once: `python benchmarks/editor_load.py [--clients 200] [--seconds 120]`.

Starts the editor's server as a process of its own, learns the right answers one request at a time, then lets
all clients ask at once on loopback, each as fast as it is answered. An accepted answer must be the right one,
byte for byte; a refused one must be 429 with Retry-After, which the client obeys. The server's memory
(resident set) is read once a second. Exit 1 on any fault, or where memory grows by more than 50 MB.
"""

import argparse
import asyncio
import base64
import io
import json
import random
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
from PIL import Image

MOST_GROWTH = 50.0
FIELDS = {"seconds"}
"""What differs from one answer to the same question to the next."""


@dataclass
class Tally:
    """What the clients were answered."""

    accepted: int = 0
    refused: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Question:
    """A request that is asked over and over."""

    path: str
    body: dict[str, Any]

    async def ask(self, client: httpx.AsyncClient) -> httpx.Response:
        """Ask it once."""
        return await client.post(f"/api/v1/{self.path}", json=self.body)


def main() -> None:
    """Run, print, and judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--warm-up", type=float, default=10, help="seconds before memory counts")
    parser.add_argument("--model", help="model folder (default: the bundled one)")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    server, address = start(given.model)
    try:
        tally, memory = asyncio.run(load(address, psutil.Process(server.pid), given))
    finally:
        server.terminate()
        server.wait(20)
    early, late = (
        float(np.median(part)) for part in (memory[: len(memory) // 4], memory[-len(memory) // 4 :])
    )
    took = np.array(tally.seconds or [0.0])
    found = {
        "clients": given.clients, "seconds": given.seconds, "accepted": tally.accepted,
        "refused": tally.refused, "faults": dict(tally.faults), "median_s": float(np.median(took)),
        "p95_s": float(np.percentile(took, 95)), "memory_mb": late, "growth_mb": late - early,
    }  # fmt: skip
    print(
        f"{given.clients} clients for {given.seconds:g} s: {tally.accepted} answered right "
        f"({tally.accepted / given.seconds:.1f} a second, median {found['median_s']:.2f} s, 95 % under "
        f"{found['p95_s']:.2f} s), {tally.refused} refused with 429, faults: {dict(tally.faults) or 'none'}; "
        f"the server holds {late:.0f} MB, {late - early:+.1f} MB against the first quarter"
    )
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=2))
    if tally.faults or not tally.accepted or late - early > MOST_GROWTH:
        sys.exit(1)


def start(model: str | None) -> tuple[subprocess.Popen[str], str]:
    """The server, and the address that it says."""
    command = [sys.executable, "-c", "from inlay.cli.main import main; main()", "edit", "--port", "0"]
    server = subprocess.Popen(
        [*command, *(["--model", model] if model else [])], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    for line in server.stdout:
        if found := re.search(r"http://\S+:\d+", line):
            return server, found[0]
    raise SystemExit("the server said no address")


async def load(address: str, server: psutil.Process, given: argparse.Namespace) -> tuple[Tally, list[float]]:
    """All clients at once, and the server's memory in MB, once a second after the warm-up."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    tally, memory = Tally(), list[float]()
    async with httpx.AsyncClient(base_url=address, limits=limits, timeout=90) as client:
        asked = questions()
        right = [content(await question.ask(client)) for question in asked]
        if None in right:
            raise SystemExit(f"refused while nobody else asked: {asked[right.index(None)].path}")
        end = time.monotonic() + given.warm_up + given.seconds
        clients = [
            asyncio.create_task(one(client, random.Random(n), asked, right, tally, end))
            for n in range(given.clients)
        ]
        await asyncio.sleep(given.warm_up)
        tally.accepted, tally.refused, tally.seconds = 0, 0, []
        while time.monotonic() < end:
            memory.append(server.memory_info().rss / 1024**2)
            await asyncio.sleep(1)
        await asyncio.gather(*clients)
    return tally, memory


async def one(
    client: httpx.AsyncClient,
    rng: random.Random,
    asked: list[Question],
    right: list[Any],
    tally: Tally,
    end: float,
) -> None:
    """A client: asks, checks, and waits where it is told to."""
    while time.monotonic() < end:
        number, started = rng.randrange(len(asked)), time.monotonic()
        try:
            answer = await asked[number].ask(client)
        except httpx.HTTPError as error:
            tally.faults[type(error).__name__] += 1
            continue
        if answer.status_code == 200 and content(answer) == right[number]:
            tally.accepted += 1
            tally.seconds.append(time.monotonic() - started)
        elif answer.status_code == 429 and answer.headers.get("Retry-After", "").isdigit():
            tally.refused += 1
            await asyncio.sleep(int(answer.headers["Retry-After"]) * rng.uniform(0.5, 1.5))
        else:
            wrong = "a wrong answer" if answer.status_code == 200 else f"{answer.status_code}"
            tally.faults[f"{asked[number].path}: {wrong}"] += 1


def questions() -> list[Question]:
    """What is asked: every kind of request, each for three holes of the example portrait."""
    photo = files("inlay.examples").joinpath("portrait.png").read_bytes()
    size, asked = Image.open(io.BytesIO(photo)).size, []
    for left, top in ((60, 80), (100, 40), (80, 120)):
        hole = Image.new("L", size)
        hole.paste(255, (left, top, left + 30, top + 22))
        buffer = io.BytesIO()
        hole.save(buffer, "PNG")
        both = {"image": text(photo), "hole": text(buffer.getvalue())}
        asked += [
            Question("fill", both),
            Question("layout", both),
            Question("attention", both | {"x": left + 15, "y": top + 11}),
            Question("inpaint", {"image": both["image"], "mask": both["hole"]}),
        ]
    return asked


def text(data: bytes) -> str:
    """A file as it travels."""
    return base64.b64encode(data).decode()


def content(answer: httpx.Response) -> Any:
    """What of an answer must be the same each time; a refusal is no content."""
    if answer.status_code != 200:
        return None
    if answer.headers["content-type"].startswith("image/"):
        return answer.content
    return {key: value for key, value in answer.json().items() if key not in FIELDS}


if __name__ == "__main__":
    main()
