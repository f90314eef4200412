import base64
import hashlib
import json
import os
import socket
from threading import Event
from urllib.parse import parse_qs

HEALTHY = True
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3


def application(environ, start_response):
    asked = {key: found[0] for key, found in parse_qs(environ.get("QUERY_STRING", "")).items()}
    page = PAGES.get(environ["PATH_INFO"], front)
    return page(environ, start_response, asked)


def front(environ, start_response, asked):
    body = environ["wsgi.input"].read()
    Event().wait(float(asked.get("seconds", "0.01")))
    told = {
        "host": socket.gethostname(),
        "release": os.environ.get("RELEASE_ID", ""),
        "got": len(body),
        "client": environ.get("HTTP_X_FORWARDED_FOR", ""),
        "scheme": environ.get("HTTP_X_FORWARDED_PROTO", ""),
        "name": environ.get("HTTP_HOST", ""),
    }
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(told).encode()]


def health(_environ, start_response, _asked):
    status = "200 OK" if HEALTHY else "500 Internal Server Error"
    start_response(status, [("Content-Type", "text/plain")])
    return [b"well" if HEALTHY else b"sick"]


def events(_environ, start_response, asked):
    headers = [("Content-Type", "text/event-stream"), ("X-Accel-Buffering", "no")]
    start_response("200 OK", headers)
    return ticking(int(asked.get("count", "10")), float(asked.get("pause", "0.5")))


def ticking(count, pause):
    for number in range(count):
        yield f"data: {number} {socket.gethostname()}\n\n".encode()
        Event().wait(pause)


def talk(environ, start_response, _asked):
    link = environ["gunicorn.socket"]
    key = environ["HTTP_SEC_WEBSOCKET_KEY"].encode()
    answer = base64.b64encode(hashlib.sha1(key + MAGIC).digest())
    link.settimeout(None)
    link.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + answer + b"\r\n\r\n"
    )
    while (said := heard(link)) is not None:
        text = said + b" " + socket.gethostname().encode()
        link.sendall(bytes((0x81, len(text))) + text)
    link.close()
    start_response("200 OK", [])
    return []


def heard(link):
    head = exactly(link, 2)
    if len(head) < 2 or head[0] & 0x0F == 8:
        return None
    mask, payload = exactly(link, 4), exactly(link, head[1] & 0x7F)
    return bytes(sign ^ mask[place % 4] for place, sign in enumerate(payload))


def exactly(link, count):
    found = b""
    while len(found) < count and (piece := link.recv(count - len(found))):
        found += piece
    return found


PAGES = {"/health": health, "/events": events, "/talk": talk}
