"""The error of the chat client and its cache."""

from __future__ import annotations

from memory.errors import KeepsakeError


class EndpointError(KeepsakeError):
    """A server cannot be reached, gives no usable answer, or its answers cannot be stored. Its text is one line."""


class RequestRefused(EndpointError):
    """A server refuses one request, such as one that is too long; others may well be answered."""
