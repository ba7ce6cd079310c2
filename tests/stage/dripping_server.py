"""A server that never ends an answer: a space a second.

    dripping_server.py ADDRESS PORT
"""

import socket
import sys
import threading
import time

address, port = sys.argv[1], int(sys.argv[2])


def drip(connection):
    try:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            connection.sendall(b" ")
            time.sleep(1)
    except OSError:
        connection.close()


with socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET) as listener:
    while True:
        threading.Thread(target=drip, args=(listener.accept()[0],), daemon=True).start()
