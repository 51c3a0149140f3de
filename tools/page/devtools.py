"""Drives headless Chromium by its DevTools protocol, over a pipe.

    with Browser(width=1280, height=800, dark=False) as browser:
        browser.open(path)
        browser.evaluate("document.title")
        browser.screenshot(path)

It needs Python's own library only, uses a profile that is thrown away, and ends
the browser that it started. What the page says on the console, what it throws and
what it asks the network for is in `console`, `exceptions` and `requests`.
"""

import base64
import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome")

FLAGS = [
    "--headless",
    "--no-sandbox",  # It does not start as root with one.
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--mute-audio",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--remote-debugging-pipe",
]


class BrowserError(Exception):
    pass


def find():
    """Returns the browser's path, or None: the one that JIFFY_BROWSER names, if it
    is set, else what is installed."""
    chosen = os.environ.get("JIFFY_BROWSER")
    return chosen or next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    def __init__(self, width, height, dark=False, timeout=60):
        """Times out, as a whole, whatever takes `timeout` seconds."""
        self.width = width
        self.height = height
        self.timeout = timeout
        self.console = []
        self.exceptions = []
        self.requests = []
        self._next_id = 0
        self._buffer = b""
        self._profile = tempfile.mkdtemp(
            prefix="jiffy-browser-", dir=os.environ.get("TEST_TMPDIR"))
        command_read, self._write = os.pipe()
        self._read, answer_write = os.pipe()

        def place_pipe():  # The protocol has it at 3 and 4.
            os.dup2(command_read, 100)
            os.dup2(answer_write, 101)
            os.dup2(100, 3)
            os.dup2(101, 4)

        self._process = subprocess.Popen(
            [find(), *FLAGS, f"--window-size={width},{height}",
             f"--user-data-dir={self._profile}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, close_fds=False, preexec_fn=place_pipe,
            env={**os.environ, "HOME": self._profile})
        os.close(command_read)
        os.close(answer_write)
        self._session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target,
                                  flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.resize(width, height)
        self.set_dark(dark)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        os.close(self._write)
        os.close(self._read)
        shutil.rmtree(self._profile, ignore_errors=True)

    def call(self, method, **params):
        """Calls a method of the protocol and returns its result."""
        self._next_id += 1
        message = {"id": self._next_id, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + self.timeout
        while True:
            answer = self._receive(deadline, method)
            if answer.get("id") != message["id"]:
                self._note(answer)
                continue
            if "error" in answer:
                raise BrowserError(f"{method}: {answer['error']}")
            return answer["result"]

    def _receive(self, deadline, waits_for):
        while b"\0" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._read], [], [], left)[0]:
                raise BrowserError(f"no answer to {waits_for}")
            data = os.read(self._read, 1 << 20)
            if not data:
                raise BrowserError(f"the browser ended during {waits_for}")
            self._buffer += data
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)

    def _note(self, event):
        method, params = event.get("method"), event.get("params", {})
        if method == "Runtime.consoleAPICalled":
            words = [str(a.get("value", a.get("description"))) for a in params["args"]]
            self.console.append(f"{params['type']}: {' '.join(words)}")
        elif method == "Log.entryAdded":
            self.console.append(f"{params['entry']['level']}: {params['entry']['text']}")
        elif method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.exceptions.append(
                details.get("exception", {}).get("description", details["text"]))
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])

    def open(self, path):
        """Opens a file and waits until it is there and drawn."""
        url = pathlib.Path(path).resolve().as_uri()
        self.call("Page.navigate", url=url)
        self.wait_for("document.readyState === 'complete'"
                      f" && location.href === {json.dumps(url)}")
        self.settle()

    def evaluate(self, expression):
        """Returns the value of a JavaScript expression; promises are awaited."""
        answer = self.call("Runtime.evaluate", expression=expression,
                           returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise BrowserError(
                answer["exceptionDetails"].get("exception", {}).get("description"))
        return answer["result"].get("value")

    def wait_for(self, expression):
        """Waits until an expression is true."""
        deadline = time.monotonic() + self.timeout
        while not self.evaluate(expression):
            if time.monotonic() > deadline:
                raise BrowserError(f"in vain: {expression}")
            time.sleep(0.02)

    def settle(self):
        """Waits until what was changed is drawn."""
        self.evaluate("new Promise(done => requestAnimationFrame("
                      "() => requestAnimationFrame(() => done(true))))")

    def resize(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)

    def set_dark(self, dark):
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)
        self.settle()

    def hover(self, x, y):
        self.mouse("mouseMoved", x, y)

    def click(self, x, y):
        self.drag(x, y, x, y)

    def drag(self, from_x, from_y, to_x, to_y, shift=False):
        keys = {"modifiers": 8 if shift else 0}
        self.mouse("mouseMoved", from_x, from_y, **keys)
        self.mouse("mousePressed", from_x, from_y, button="left", clickCount=1, **keys)
        for part in (0.5, 1):
            self.mouse("mouseMoved", from_x + part * (to_x - from_x),
                       from_y + part * (to_y - from_y), button="left", buttons=1, **keys)
        self.mouse("mouseReleased", to_x, to_y, button="left", clickCount=1, **keys)

    def wheel(self, x, y, delta):
        """Turns the wheel by pixels; towards oneself if positive."""
        self.mouse("mouseWheel", x, y, deltaX=0, deltaY=delta)

    def key(self, key, text=None):
        """Presses a key: "ArrowLeft", or a character as `key` and `text`."""
        # Some keys act only with their code.
        codes = {"Enter": 13, "Escape": 27, "Tab": 9}
        more = {"windowsVirtualKeyCode": codes[key]} if key in codes else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key,
                  **({"text": text} if text else {}), **more)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, **more)
        self.settle()

    def type(self, text):
        self.call("Input.insertText", text=text)
        self.settle()

    def screenshot(self, path, whole=False):
        """Writes a PNG of the window, or of the whole page."""
        params = {"captureBeyondViewport": whole}
        if whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            params["clip"] = {"x": 0, "y": 0, "width": self.width,
                              "height": size["height"], "scale": 1}
        data = self.call("Page.captureScreenshot", format="png", **params)["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))
