"""A client of any OpenAI-compatible chat server (vLLM, llama-server, LM Studio, Ollama) with a cache of its answers.

The client sends many requests at once, tries each again when that may help, and keeps each answer in a file named by
the hash of the request: after an error or a kill the same command asks only for what is missing. It does not stream,
and follows neither redirects nor proxies of the environment: photos go to the given address and nowhere else.

The transport is httpx2 with retries of our own. openai 3.57 was tried in their place and is worse in ways we measured:
its environment variables reach any server (OPENAI_CUSTOM_HEADERS replaces the key that the caller gives, and no option
turns it off); each request tells the operating system, processor and Python version; its waits between attempts cannot
be interrupted, so that after one failure the other requests are still sent again (five requests in a test where two are
sent here); and a request with half an emoji raises UnicodeEncodeError. No line of ours was saved (279 for 275), the
import took 0.7 s for 0.1 s, the process 49 MB for 24 MB, the installation 10 MB more in 2,100 files.
"""

from __future__ import annotations

import base64
import json
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
from benchmark.judges.answer_cache import answer_key, read_answer, store_answer
from benchmark.judges.errors import EndpointError, RequestRefused
from memory.episode import Photo, printable

if TYPE_CHECKING:
    import httpx2

Request = tuple[Message, ...]
"""A conversation whose next turn the server writes."""
BACKOFF = 1.0
"""Seconds before the second attempt; twice as long before each further one."""
REFUSED = (400, 413, 422)
"""HTTP statuses that speak of the request, not of the server."""
EXCERPT = 200
"""Characters of a server's reply that an error shows."""


class _TransientError(Exception):
    """A failure that may be over at the next attempt: what failed, a hint, and the seconds the server asks to wait."""

    def __init__(self, failure: str, hint: str, after: float | None = None) -> None:
        super().__init__(failure)
        self.hint, self.after = hint, after


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model behind a URL, and how to sample from it; the defaults are those of the paper's judge.

    A request that is repeated gets the cached answer; another `seed` gets another answer.
    """

    url: str
    """The server's base address, as in "http://127.0.0.1:8000/v1"."""
    model: str
    key: str | None = field(default=None, repr=False)
    """Sent as bearer token, and never written to a file or an error; None where the server needs no key."""
    temperature: float = 0.7
    top_p: float = 0.8
    top_k: int | None = 20
    """Sent with min_p 0, which vLLM and llama-server know; None sends neither, for servers that refuse them."""
    max_tokens: int | None = None
    """The longest answer in tokens; None leaves the limit to the server."""
    seed: int = 0
    concurrency: int = 8
    """The number of requests at a time."""
    timeout: float = 120
    """Seconds to wait for a server that sends nothing."""
    attempts: int = 4
    """How often a request is sent before it has failed."""
    cache: Path | None = None
    """Folder of the answers, made when it is missing; None stores no answer."""

    def __post_init__(self) -> None:
        """Raise EndpointError for an impossible address, key or number."""
        try:
            parts = urlsplit(self.url)
            valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            valid = False
        if not valid:
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
        """The text of each answer, in the order of `requests`. With `progress` a count goes to stderr.

        Raises EndpointError when a request failed at every attempt; the answers to others are in the cache by then.
        """
        sampling = [float(self.temperature), float(self.top_p), self.top_k, self.max_tokens, self.seed]
        keys = [answer_key(self.model, sampling, request) for request in requests]
        texts: dict[str, str] = {}
        if self.cache is not None:
            stored = {key: read_answer(self.cache, key) for key in dict.fromkeys(keys)}
            texts = {key: text for key, text in stored.items() if text is not None}
        missing = {key: request for key, request in zip(keys, requests, strict=True) if key not in texts}
        if missing:
            texts |= self._send_all(missing, progress)
        return [texts[key] for key in keys]

    def _send_all(self, missing: Mapping[str, Request], progress: bool) -> dict[str, str]:
        """The answer to each request, by cache key. The first failure stops the others."""
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
                        continue  # another request failed; it comes later in this loop, and raises
                    texts[running[done]] = text
                    if progress and (sys.stderr.isatty() or len(texts) % 25 == 0):
                        left = (time.monotonic() - began) / len(texts) * (len(missing) - len(texts))
                        count = f"{len(texts)} of {len(missing)} answers"
                        print(f"{self.model}: {count}, {left:.0f} s left", file=sys.stderr)
            finally:  # after an error nothing new is sent; answers on their way still arrive in the cache
                stop.set()
                pool.shutdown(cancel_futures=True)
        return texts

    def _answer(self, client: httpx2.Client, key: str, request: Request, stop: threading.Event) -> str | None:
        """Send a request until there is an answer, and store it; None when another request failed meanwhile."""
        content = json.dumps(self._body(request)).encode()
        attempt = 0
        while not stop.is_set():
            attempt += 1
            try:
                text = self._send(client, content)
                if self.cache is not None:
                    store_answer(self.cache, key, self.model, text)
                return text
            except _TransientError as error:
                if attempt == self.attempts:
                    stop.set()
                    tried = f"{attempt} attempt{'s' * (attempt > 1)}"
                    raise self._error(f"{error}, {tried}", error.hint) from error
                stop.wait(BACKOFF * 2 ** (attempt - 1) if error.after is None else min(error.after, self.timeout))
            except EndpointError:
                stop.set()
                raise
        return None

    def _send(self, client: httpx2.Client, content: bytes) -> str:
        """Send a request once and return the answer's text. Raises _TransientError or EndpointError."""
        import httpx2

        try:
            address = f"{self.url.rstrip('/')}/chat/completions"
            response = client.post(address, content=content, headers={"Content-Type": "application/json"})
        except httpx2.TimeoutException as error:
            hint = "it is too slow or stuck: ask for less at once, or allow more time"
            raise _TransientError(f"timed out after {self.timeout:g} s", hint) from error
        except httpx2.ConnectError as error:
            failure = f"cannot be reached ({self._excerpt(str(error))})"
            raise _TransientError(failure, "is the server running there?") from error
        except httpx2.RequestError as error:
            raise _TransientError(f"broke off ({self._excerpt(str(error))})", "see the server's log") from error
        except (httpx2.InvalidURL, UnicodeError) as error:
            raise self._error(f"is no address ({error})", "give the server's base, ending in /v1") from error
        return self._text(response)

    def _text(self, response: httpx2.Response) -> str:
        """The answer in a response. Raises _TransientError or EndpointError."""
        reply = self._excerpt(response.text) or "no reason given"
        if response.status_code == 429 or response.status_code >= 500:
            hint = "see the server's log, or ask for less at once"
            after = _retry_after(response.headers)
            raise _TransientError(f"answered HTTP {response.status_code} ({reply})", hint, after)
        if not response.is_success:
            hint = {
                401: "check the key",
                403: "check the key",
                404: f"check that the address ends in /v1 and that the server has a model {self.model!r}",
            }.get(response.status_code, "the server refuses this request, so asking again will not help")
            kind = RequestRefused if response.status_code in REFUSED else EndpointError
            raise self._error(f"answered HTTP {response.status_code} ({reply})", hint, kind)
        try:
            text = response.json()["choices"][0]["message"]["content"] or ""
            return text.encode("utf-8", "replace").decode()  # half an emoji cannot be written to a file
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            hint = "check that the address ends in /v1 and that a chat server is there"
            raise self._error(f"gave no chat completion ({reply})", hint) from error

    def _error(self, failure: str, hint: str, kind: type[EndpointError] = EndpointError) -> EndpointError:
        """The one line that says what failed, what to do, and that the answers so far are stored."""
        again = "" if self.cache is None else "; what was answered is kept, and the same command goes on from there"
        return kind(f"{self.url} {failure}: {hint}{again}")

    def _excerpt(self, text: str) -> str:
        """The start of a server's text, safe to show: printable, and without the key, which some servers repeat."""
        if self.key:
            text = text.replace(self.key, "[key]")
        return " ".join(printable(text[: 10 * EXCERPT]).split())[:EXCERPT]

    def _body(self, request: Request) -> dict[str, Any]:
        """The JSON body of a request."""
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


def _content(message: Message) -> str | list[dict[str, Any]]:
    """A message's parts as the API wants them: one string, or texts and pictures in order."""
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
    """A photo as a data URL, base64."""
    kind = "png" if photo.data.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(photo.data).decode()}"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by the header Retry-After, a number or a date (RFC 9110, 10.2.3); None where it is unusable."""
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return float(value[:9])
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
