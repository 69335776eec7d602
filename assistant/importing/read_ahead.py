"""Work on the next few files while the one before is still being stored; results come in the order of the files."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

THREADS = max(1, min(4, os.cpu_count() or 1))
"""Files worked on at once: decoding a photo takes three times as long as encoding it."""

Given = TypeVar("Given")
Result = TypeVar("Result")


def read_ahead(work: Callable[[Given], Result], items: Iterable[Given]) -> Iterator[tuple[Given, Future[Result]]]:
    """Each item with the future of `work(item)`, which runs in a thread; at most `THREADS` + 1 are ahead.

    What has not begun when the caller stops is not begun any more.
    """
    rest = iter(items)
    with ThreadPoolExecutor(THREADS, "read ahead") as pool:
        try:
            waiting = deque((item, pool.submit(work, item)) for item in islice(rest, THREADS + 1))
            while waiting:
                yield waiting.popleft()
                waiting.extend((item, pool.submit(work, item)) for item in islice(rest, 1))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
