"""A client of any OpenAI-compatible chat server: vLLM, llama-server, LM Studio, Ollama. It asks and keeps the answers.

Many requests at once, each tried again when that may help, each answer in a file named by what was asked: after an
error or a kill the same command asks only for what is missing. It knows nothing of captions or judges, does not
stream, and follows neither redirects nor proxies of the environment: photos go to the given address and nowhere else.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from assistant.backend import Message
from memory.episode import Photo, printable
from memory.errors import KeepsakeError
from memory.paths import private_folder

if TYPE_CHECKING:
    import httpx2

Request = tuple[Message, ...]
"""One conversation, to which the server gives the next turn."""
BACKOFF = 1.0
"""Seconds before the second attempt; twice as long before each further one."""
WORDS = 200
"""So many characters of what a server said stand in an error."""


class EndpointError(KeepsakeError):
    """A server cannot be asked, gives no usable answer, or its answers cannot be kept."""


class _Passing(Exception):
    """Trouble that may be over at the next attempt."""

    def __init__(self, trouble: str, hint: str, after: float | None = None) -> None:
        super().__init__(trouble)
        self.hint, self.after = hint, after


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model behind a URL, and how to sample from it: the defaults are those of the paper's judge.

    The same request to the same model has one answer, however often it is asked: `seed` makes another one.
    """

    url: str
    """The base, as in "http://127.0.0.1:8000/v1"."""
    model: str
    key: str | None = field(default=None, repr=False)
    """Sent as bearer token; never in a file or an error."""
    temperature: float = 0.7
    top_p: float = 0.8
    top_k: int | None = 20
    """Sent together with min_p 0, as vLLM and llama-server read them; None = neither, for servers that refuse them."""
    max_tokens: int | None = None
    seed: int = 0
    concurrency: int = 8
    """Requests at a time."""
    timeout: float = 120
    """Seconds to wait for a server that sends nothing."""
    attempts: int = 4
    cache: Path | None = None
    """Folder of the answers, made when it is missing; None = they are not kept."""

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            known = False
        if not known:
            raise EndpointError(f"{self.url!r} is no server's address: give its base, as in http://127.0.0.1:8000/v1")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise EndpointError(
                f"the address of {parts.hostname} holds a user, a password or a query: give its base, and the key apart"
            )
        if self.key is not None and not (self.key and self.key.isascii() and self.key.isprintable()):
            raise EndpointError("the key of the server is empty or holds line breaks or odd characters: copy it again")
        if self.concurrency < 1 or self.attempts < 1 or self.timeout <= 0:
            raise EndpointError("concurrency, attempts and timeout of a server must be above 0")

    def ask(self, requests: Sequence[Request], progress: bool = False) -> list[str]:
        """The text of each answer, in the order of `requests`; progress goes to stderr.

        Raises EndpointError when one of them failed at every attempt; the answers to others are in the cache by then.
        """
        keys = [self._key(request) for request in requests]
        texts = {key: text for key in dict.fromkeys(keys) if (text := self._kept(key)) is not None}
        missing = {key: request for key, request in zip(keys, requests, strict=True) if key not in texts}
        if missing:
            texts |= self._ask_all(missing, progress)
        return [texts[key] for key in keys]

    def _ask_all(self, missing: Mapping[str, Request], progress: bool) -> dict[str, str]:
        import httpx2

        texts: dict[str, str] = {}
        stop = threading.Event()
        began = time.monotonic()
        client = httpx2.Client(
            headers={"Authorization": f"Bearer {self.key}"} if self.key else {},
            timeout=httpx2.Timeout(self.timeout, connect=min(self.timeout, 10)),
            limits=httpx2.Limits(max_connections=self.concurrency),
            trust_env=False,
        )
        with client, ThreadPoolExecutor(self.concurrency) as pool:
            running = {pool.submit(self._answer, client, key, r, stop): key for key, r in missing.items()}
            try:
                for done in as_completed(running):
                    text = done.result()
                    if text is None:
                        continue  # the one that failed comes later in this loop, and raises
                    texts[running[done]] = text
                    if progress and (sys.stderr.isatty() or len(texts) % 25 == 0):
                        left = (time.monotonic() - began) / len(texts) * (len(missing) - len(texts))
                        count = f"{len(texts)} of {len(missing)} answers"
                        print(f"{self.model}: {count}, {left:.0f} s left", file=sys.stderr)
            finally:  # after an error nothing new is asked; answers under way still arrive in the cache
                stop.set()
                pool.shutdown(cancel_futures=True)
        return texts

    def _answer(self, client: httpx2.Client, key: str, request: Request, stop: threading.Event) -> str | None:
        """Ask until there is an answer and keep it; None when another request failed meanwhile."""
        content = json.dumps(self._body(request)).encode()
        attempt = 0
        while not stop.is_set():
            attempt += 1
            try:
                text = self._attempt(client, content)
                self._keep(key, text)
                return text
            except _Passing as trouble:
                if attempt == self.attempts:
                    stop.set()
                    tried = f"{attempt} attempt{'s' * (attempt > 1)}"
                    raise self._error(f"{trouble}, {tried}", trouble.hint) from trouble
                stop.wait(BACKOFF * 2 ** (attempt - 1) if trouble.after is None else min(trouble.after, self.timeout))
            except EndpointError:
                stop.set()
                raise
        return None

    def _attempt(self, client: httpx2.Client, content: bytes) -> str:
        import httpx2

        try:
            address = f"{self.url.rstrip('/')}/chat/completions"
            response = client.post(address, content=content, headers={"Content-Type": "application/json"})
        except httpx2.TimeoutException as error:
            hint = "it is too slow or stuck: ask for less at once, or allow more time"
            raise _Passing(f"timed out after {self.timeout:g} s", hint) from error
        except httpx2.ConnectError as error:
            raise _Passing(f"cannot be reached ({self._words(str(error))})", "is the server running there?") from error
        except httpx2.RequestError as error:
            raise _Passing(f"broke off ({self._words(str(error))})", "see the server's log") from error
        except (httpx2.InvalidURL, UnicodeError) as error:
            raise self._error(f"is no address ({error})", "give the server's base, ending in /v1") from error
        said = self._words(response.text) or "no reason given"
        if response.status_code == 429 or response.status_code >= 500:
            hint = "see the server's log, or ask for less at once"
            raise _Passing(f"answered HTTP {response.status_code} ({said})", hint, _seconds(response.headers))
        if not response.is_success:
            hint = {
                401: "check the key",
                403: "check the key",
                404: f"check that the address ends in /v1 and that the server has a model {self.model!r}",
            }.get(response.status_code, "the server refuses this request, so asking again will not help")
            raise self._error(f"answered HTTP {response.status_code} ({said})", hint)
        try:
            text = response.json()["choices"][0]["message"]["content"] or ""
            return text.encode("utf-8", "replace").decode()  # half an emoji cannot be written to a file
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            hint = "check that the address ends in /v1 and that a chat server is there"
            raise self._error(f"gave no chat completion ({said})", hint) from error

    def _error(self, trouble: str, hint: str) -> EndpointError:
        again = "" if self.cache is None else "; what was answered is kept, and the same command goes on from there"
        return EndpointError(f"{self.url} {trouble}: {hint}{again}")

    def _words(self, text: str) -> str:
        """The first words of what a server said, safe to show: some servers repeat the key they refuse."""
        if self.key:
            text = text.replace(self.key, "[key]")
        return " ".join(printable(text[: 10 * WORDS]).split())[:WORDS]

    def _body(self, request: Request) -> dict[str, Any]:
        extra = {} if self.top_k is None else {"top_k": self.top_k, "min_p": 0.0}
        limit = {} if self.max_tokens is None else {"max_tokens": self.max_tokens}
        return {
            "model": self.model,
            "messages": [{"role": m.role, "content": _content(m)} for m in request],
            "temperature": self.temperature,
            "top_p": self.top_p,
            "seed": self.seed,
            **extra,
            **limit,
        }

    def _key(self, request: Request) -> str:
        """Names an answer; changing what goes in asks everything again."""
        content = {
            "model": self.model,
            "sampling": [float(self.temperature), float(self.top_p), self.top_k, self.max_tokens, self.seed],
            "messages": [[m.role, [[p.sha256] if isinstance(p, Photo) else p for p in m.parts]] for m in request],
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def _kept(self, key: str) -> str | None:
        if self.cache is None:
            return None
        try:
            text = json.loads((self.cache / f"{key}.json").read_bytes())["text"]
        except (FileNotFoundError, ValueError, LookupError, TypeError, RecursionError):
            return None  # missing or damaged: it is asked again
        except OSError as error:
            raise EndpointError(f"{self.cache}: its answers cannot be read ({error.strerror})") from error
        return text if isinstance(text, str) else None

    def _keep(self, key: str, text: str) -> None:
        if self.cache is None:
            return
        path = self.cache / f"{key}.json"
        partial = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.partial")
        try:
            private_folder(self.cache)
            partial.write_text(json.dumps({"model": self.model, "text": text}), encoding="utf-8")
            partial.replace(path)
        except OSError as error:
            hint = "make room, or choose another folder"
            raise EndpointError(f"{self.cache}: an answer cannot be kept ({error.strerror}); {hint}") from error


def _content(message: Message) -> str | list[dict[str, Any]]:
    """Parts as the API has them: one string, or texts and pictures in order."""
    texts = [part for part in message.parts if isinstance(part, str)]
    if len(texts) == len(message.parts):
        return "".join(texts)
    return [
        {"type": "image_url", "image_url": {"url": _data_url(part)}}
        if isinstance(part, Photo)
        else {"type": "text", "text": part}
        for part in message.parts
    ]


def _data_url(photo: Photo) -> str:
    kind = "png" if photo.data.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(photo.data).decode()}"


def _seconds(headers: Mapping[str, str]) -> float | None:
    """What Retry-After asks for: a number of seconds or a date. None when it says nothing usable."""
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return float(value[:9])
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
