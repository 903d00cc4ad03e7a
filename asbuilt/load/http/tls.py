"""The same connection through TLS: records are decoded in memory, so that it stays driven by events."""

from __future__ import annotations

import ssl
from typing import Any

from asbuilt.load.http.connection import HttpConnection, ResponseHandler, text
from asbuilt.load.http.outgoing import OutgoingRequests
from asbuilt.load.http.readiness import Readiness
from asbuilt.load.http.response import CHUNK


class HttpsConnection(HttpConnection):
    """`context` is shared by all connections, because creating one takes milliseconds and hundreds of KiB."""

    __slots__ = ("_context", "_encoder", "_name", "_received_records", "_records_to_send")

    def __init__(
        self,
        owner: ResponseHandler,
        reads: Readiness,
        outgoing: OutgoingRequests,
        family: int,
        address: Any,
        context: ssl.SSLContext,
        name: str,
    ) -> None:
        super().__init__(owner, reads, outgoing, family, address)
        self._context, self._name = context, name
        self._encoder: Any = None
        self._received_records: Any = None
        self._records_to_send: Any = None

    def close(self) -> None:
        """Close it; the owner is not told."""
        super().close()
        self._encoder = self._received_records = self._records_to_send = None

    def _established(self) -> None:
        self._received_records, self._records_to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._encoder = self._context.wrap_bio(
            self._received_records, self._records_to_send, server_hostname=self._name or None
        )
        self._reads.watch(self._socket.fileno(), self._handshaking)
        self._handshake()

    def _transmit(self, data: bytes) -> None:
        self._encoder.write(data)
        self._write(self._records_to_send.read())

    def _handshaking(self) -> None:
        data = self._received()
        if data is None:
            return
        if not data:
            self.fail("closed during the TLS handshake")
            return
        self._received_records.write(data)
        self._handshake()

    def _handshake(self) -> None:
        try:
            self._encoder.do_handshake()
        except ssl.SSLWantReadError:
            self._flush_encoder()
            return
        except ssl.SSLError as error:
            reason = getattr(error, "verify_message", "") or error.reason or str(error)
            self.fail(f"TLS failed: {reason}")
            return
        self._flush_encoder()
        if self._socket is None:
            return
        self._reads.watch(self._socket.fileno(), self._readable)
        self._opened()

    def _flush_encoder(self) -> None:
        data = self._records_to_send.read()
        if data:
            try:
                self._socket.send(data)
            except OSError as error:
                self.fail(text(error))

    def _readable(self) -> None:
        data = self._received()
        if data:
            data = self._decrypted(data)
        if data:
            self._feed(data)
        elif data is not None:
            self._ended()

    def _decrypted(self, data: bytes) -> bytes | None:
        """The content of the TLS records so far: None where there is none yet (or an error, told), b"" at the end."""
        incoming, encoder = self._received_records, self._encoder
        incoming.write(data)
        parts: list[bytes] = []
        try:
            while True:
                part = encoder.read(CHUNK)
                parts.append(part)
                if not part or not (incoming.pending or encoder.pending()):
                    return b"".join(parts)
        except ssl.SSLWantReadError:
            return b"".join(parts) or None
        except ssl.SSLZeroReturnError:
            return b"".join(parts)
        except ssl.SSLError as error:
            self.fail(f"TLS failed: {error.reason or error}")
            return None
