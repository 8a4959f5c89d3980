"""What the scripts here send to, and how they run `postmerge send`."""

import asyncio
import collections
import os
import random
import re
import subprocess
import threading


CONNECTIONS = 8


class Inbox:
    """An SMTP server that answers after a moment and counts what it took responsibility for."""

    def __init__(self):
        self.taken = collections.Counter()
        self.ready = threading.Event()

    async def serve(self, reader, writer):
        def say(text):
            writer.write(text.encode() + b"\r\n")

        say("220 inbox.test ESMTP")
        recipient = None
        try:
            while line := await reader.readline():
                verb = line[:4].upper()
                await asyncio.sleep(0.002)
                if verb == b"EHLO":
                    say("250-inbox.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8")
                elif verb == b"RCPT":
                    recipient = re.search(rb"<(.*?)>", line).group(1).decode()
                    say("250 2.1.5 Ok")
                elif verb == b"DATA":
                    say("354 go on")
                    content = b""
                    while not content.endswith(b"\r\n.\r\n"):
                        piece = await reader.read(65536)
                        if not piece:
                            return
                        content += piece
                    # From here on the mail is the server's, whether or not anybody hears the answer.
                    message_id = re.search(rb"(?mi)^Message-ID: <(.*?)>", content).group(1).decode()
                    self.taken[(recipient, message_id)] += 1
                    await asyncio.sleep(random.random() * 0.004)
                    say(f"250 2.0.0 Ok: queued as {random.getrandbits(40):010X}")
                elif verb == b"QUIT":
                    say("221 bye")
                    return
                else:
                    say("250 Ok")
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def run(self):
        async def main():
            server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            self.ready.set()
            async with server:
                await server.serve_forever()

        asyncio.run(main())


def send(binary, checkout):
    environment = dict(os.environ, POSTMERGE_KEY="k" * 40)
    return subprocess.Popen(
        [binary, "-C", str(checkout), "send", "--now"],
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )


def started():
    """An inbox that listens."""
    inbox = Inbox()
    threading.Thread(target=inbox.run, daemon=True).start()
    inbox.ready.wait()
    return inbox


def wrong(output, inbox, mails):
    """What is wrong with the sending's sum or with what arrived, and how many are unknown."""
    row = next((line.split() for line in output.splitlines() if line.startswith("bench")), None)
    if row is None:
        return "no sum is shown", 0
    audience, accepted, rejected, excluded, pending, lost = map(int, row[1:7])
    twice = {who: count for who, count in inbox.taken.items() if count > 1}
    if twice:
        return f"sent twice: {twice}", lost
    if audience != mails or audience != accepted + rejected + excluded + pending + lost or pending:
        return "the sum does not hold", lost
    if not accepted <= len(inbox.taken) <= accepted + lost:
        return f"{len(inbox.taken)} arrived, {accepted} accepted, {lost} unknown", lost
    return None, lost
