"""Runs ministack until standard input ends, so that it ends with whoever started it."""

import os
import sys
import threading


def end_with_parent():
    sys.stdin.buffer.read()
    os._exit(0)


threading.Thread(target=end_with_parent, daemon=True).start()
sys.argv = ["ministack"]

from ministack import app  # noqa: E402

# Calls come over loopback, without TLS; policies are to judge them as those of an AWS that has it.
pin = app.pin_request_origin
app.pin_request_origin = lambda address, _: pin(address, True)

app.main()
