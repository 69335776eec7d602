"""Linux's own watch over a process and its children: a network socket, or a file opened for writing, kills it.

The kernel looks at every system call (seccomp), so C code is held as Python is, and no tool is needed. The filter
stays for the life of the process and passes to its children.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct
import subprocess
import sys

NUMBERS = {  # of the system calls, as the kernel knows them
    "x86_64": {"arch": 0xC000003E, "socket": 41, "openat": 257, "open": 2, "creat": 85},
    "aarch64": {"arch": 0xC00000B7, "socket": 198, "openat": 56},
}
BYPASSES = (425, 437)
"""io_uring_setup and openat2, which open what this filter cannot see. The same on both machines."""
UNIX = 1
"""The address family of sockets that stay on the machine."""
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
LOAD, EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06
KILL, ALLOW = 0x80000000, 0x7FFF0000
NO_NEW_PRIVILEGES, SECCOMP, FILTER = 38, 22, 2
NUMBER, ARCH, ARGUMENTS = 0, 4, 16
"""Where the kernel shows them to a filter, in bytes; each argument takes 8."""


def available() -> bool:
    """Whether this machine has such a watch."""
    return sys.platform == "linux" and platform.machine() in NUMBERS


def forbid_sockets_and_writes(writes: bool = True) -> None:
    """From now on this process and its children are killed (SIGSYS) by what the module's docstring names.

    `writes`: whether files opened for writing count.
    """
    known = NUMBERS[platform.machine()]
    kill, allow = _line(RETURN, KILL), _line(RETURN, ALLOW)
    program = [_line(LOAD, ARCH), _line(EQUAL, known["arch"], 1, 0), kill, _line(LOAD, NUMBER)]
    for number in (*BYPASSES, *([known["creat"]] if "creat" in known else [])):
        program += [_line(EQUAL, number, 0, 1), kill]
    program += [_line(EQUAL, known["socket"], 0, 4), _line(LOAD, ARGUMENTS), _line(EQUAL, UNIX, 1, 0), kill, allow]
    for name, argument in (("openat", 2), ("open", 1)) if writes else ():
        if name in known:
            load = _line(LOAD, ARGUMENTS + 8 * argument)
            program += [_line(EQUAL, known[name], 0, 4), load, _line(ANY_BIT, WRITES, 0, 1), kill, allow]
    code = b"".join([*program, allow])
    buffer = ctypes.create_string_buffer(code)
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer)))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((NO_NEW_PRIVILEGES, 1, 0, 0, 0), (SECCOMP, FILTER, header, 0, 0)):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), "the kernel takes no filter of system calls")


def was_killed(done: subprocess.CompletedProcess[str]) -> bool:
    """Whether the watch ended a program."""
    return done.returncode == -signal.SIGSYS


def _line(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    """One instruction of a filter: on a comparison, how many instructions to skip if it holds, and if not."""
    return struct.pack("HBBI", code, yes, no, value)
