"""Reads mails with Python's own parser and prints each as a line of JSON.

    python read.py FILE             a mail in a file
    python read.py --serve          a mail server: prints its port, then every mail that it took, until its input ends

The server knows the user "pace" with the password "s3cr%t", takes mail from nobody else and for everybody but gone@….
"""

import asyncio
import email
import email.policy
import json
import logging
import sys
import warnings


def main():
    if sys.argv[1] == "--serve":
        asyncio.run(serve())
    else:
        with open(sys.argv[1], "rb") as file:
            print(json.dumps(told(file.read(), [])))


def told(data, recipients):
    mail = email.message_from_bytes(data, policy=email.policy.default)
    parts = list(mail.walk())
    texts = {part.get_content_type(): part.get_content() for part in parts if part.get_content_maintype() == "text"}
    images = [part for part in parts if part.get_content_maintype() == "image"]
    return {
        "kinds": [part.get_content_type() for part in parts],
        "headers": {name: str(value) for name, value in mail.items()},
        "defects": [repr(defect) for part in parts for defect in part.defects],
        "text": texts.get("text/plain", ""),
        "html": texts.get("text/html", ""),
        "images": {part["content-id"].strip("<>"): part.get_content()[:4].hex() for part in images},
        "recipients": recipients,
    }


async def serve():
    from aiosmtpd.smtp import SMTP, AuthResult

    class Handler:
        async def handle_RCPT(self, server, session, envelope, address, options):
            if address.startswith("gone@"):
                return "550 5.1.1 no such user"
            envelope.rcpt_tos.append(address)
            return "250 OK"

        async def handle_DATA(self, server, session, envelope):
            print(json.dumps(told(envelope.content, envelope.rcpt_tos)), flush=True)
            return "250 OK queued as 17"

    def known(server, session, envelope, mechanism, data):
        # Not handled: the server is left to answer.
        return AuthResult(success=data.login == b"pace" and data.password == b"s3cr%t", handled=False)

    # It warns of a password without TLS: the connection does not leave this machine.
    warnings.simplefilter("ignore")
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    options = {"authenticator": known, "auth_required": True, "auth_require_tls": False}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), **options), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


main()
