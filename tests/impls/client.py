"""`python -I -S client.py SOCKET ARGUMENTS DESCRIPTORS [CHANNEL]`: has a zygote run that.

Its own standard streams become the program's, its end the program's, and its status the client's.
"""

import os
import socket
import sys


def main() -> int:
    """The program's exit status; what killed the program kills this process."""
    path, arguments, *channel = sys.argv[1:]
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    socket.send_fds(connection, [arguments.encode()], [0, 1, 2, *map(int, channel)])
    answer = connection.recv(16)
    if not answer:
        print("The zygote ended.", file=sys.stderr)
        return 1
    status = int(answer)
    if status < 0:
        os.kill(os.getpid(), -status)
    return status


if __name__ == "__main__":
    sys.exit(main())
