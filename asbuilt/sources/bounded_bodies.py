"""An answer's body of limited size: one that never ends would fill the memory long before a deadline."""

from __future__ import annotations

from typing import Any

from asbuilt.evidence import Unknown

MOST_BYTES = 64 << 20  # of one page; the largest of AWS's own pages have a few MiB
_CHUNK = 1 << 16


class BoundedBodies:
    """A botocore HTTP session that reads at most `most` bytes of an answer's body."""

    def __init__(self, session: Any, most: int = MOST_BYTES) -> None:
        self._session = session
        self._most = most

    def __getattr__(self, name: str) -> Any:
        """What is not about reading an answer, as botocore does it."""
        return getattr(self._session, name)

    def send(self, request: Any) -> Any:
        """Send the request and read the answer. Raises `Unknown` for a longer body, and botocore's errors."""
        streamed, request.stream_output = request.stream_output, True
        response = self._session.send(request)
        if not streamed:
            response._content = self._body(request, response)
        return response

    def _body(self, request: Any, response: Any) -> bytes:
        import botocore.exceptions as errors
        import urllib3.exceptions

        parts, size = [], 0
        try:
            for part in response.raw.stream(_CHUNK):
                parts.append(part)
                size += len(part)
                if size > self._most:
                    response.raw.close()
                    raise Unknown(f"the answer has more than {self._most >> 20} MiB, and was not read to its end")
        except urllib3.exceptions.ReadTimeoutError as error:
            raise errors.ReadTimeoutError(endpoint_url=request.url, error=error) from error
        except urllib3.exceptions.ProtocolError as error:
            raise errors.ConnectionClosedError(endpoint_url=request.url, error=error, request=request) from error
        except urllib3.exceptions.HTTPError as error:
            raise errors.HTTPClientError(error=error) from error
        return b"".join(parts)
