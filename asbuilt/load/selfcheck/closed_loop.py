"""A closed loop, for comparison: each user sends its next request when the last was answered, as in most load tests."""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from urllib.parse import urlsplit


def main(host: str, users: int, seconds: float) -> None:
    """Print the times of all requests (ms) as a JSON list."""
    taken: list[float] = []
    end = time.monotonic() + seconds

    def user() -> None:
        connection = http.client.HTTPConnection(urlsplit(host).netloc, timeout=30)
        while time.monotonic() < end:
            began = time.monotonic()
            connection.request("GET", "/")
            connection.getresponse().read()
            taken.append((time.monotonic() - began) * 1000)
        connection.close()

    threads = [threading.Thread(target=user) for _ in range(users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.stdout.write(json.dumps(taken))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
