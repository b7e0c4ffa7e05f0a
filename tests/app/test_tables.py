"""Photos on the table, asked for from two threads at once."""

import sys
import threading
import time
from typing import Any

from PIL import Image

from inlay.app.pictures import Received
from inlay.app.settings import Limits
from inlay.app.tables import Table, Tables
from inlay.repair.session import Session


def test_sweeping_beside_looking_up() -> None:
    tables = Tables(Limits(sessions=8))
    received = Received(Image.new("L", (1, 1)), "PNG", b"")
    opened = [tables.open(Table(Session.__new__(Session), received)) for _ in range(8)]
    ending, faults, interval = time.monotonic() + 0.5, list[Exception](), sys.getswitchinterval()

    def work(act: Any) -> None:
        try:
            while time.monotonic() < ending:
                act()
        except Exception as error:
            faults.append(error)

    acts = [tables.sweep, lambda: [tables.get(name) for name in opened]]
    threads = [threading.Thread(target=work, args=(act,)) for act in acts]
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not faults
    assert len(tables) == 8
