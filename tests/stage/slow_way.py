#!/usr/bin/env python3
"""Makes the way to a UDP port of this machine long: slow_way.py PORT TO_PORT MILLISECONDS

What comes to PORT goes to TO_PORT of this machine that much later, and so do the answers; each source has a socket of its own, so that it
stays one there."""
import heapq
import selectors
import socket
import sys
import time

port, to_port, delay = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) / 1000
selector = selectors.DefaultSelector()
outside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
outside.bind(("0.0.0.0", port))
selector.register(outside, selectors.EVENT_READ, None)
inside = {}  # by source
waiting = []  # due, number, socket, datagram, to
number = 0


def to_relay(source):
    if source not in inside:
        inside[source] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        inside[source].connect(("127.0.0.1", to_port))
        selector.register(inside[source], selectors.EVENT_READ, source)
    return inside[source]


while True:
    timeout = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
    for key, _ in selector.select(timeout):
        try:
            datagram, source = key.fileobj.recvfrom(65535)
        except ConnectionRefusedError:  # the relay is not there just now
            continue
        number += 1
        due = time.monotonic() + delay
        if key.data is None:
            heapq.heappush(waiting, (due, number, to_relay(source), datagram, None))
        else:
            heapq.heappush(waiting, (due, number, outside, datagram, key.data))
    while waiting and waiting[0][0] <= time.monotonic():
        _, _, out, datagram, to = heapq.heappop(waiting)
        try:
            out.sendto(datagram, to) if to else out.send(datagram)
        except ConnectionRefusedError:
            pass
