#!/usr/bin/env python3
"""Verifies the DKIM signatures of mails with dkimpy, without DNS.

usage: dkim_verify.py RECORDS MAIL...
RECORDS holds a line each: `<selector>._domainkey.<domain> <TXT record>`. Needs `pip install dkimpy`.
"""
import sys

import dkim


def main() -> int:
    with open(sys.argv[1], encoding="ascii") as lines:
        records = dict(line.strip().split(" ", 1) for line in lines if line.strip())

    def answer(name, timeout=5):
        return records.get(name.decode().rstrip("."), "").encode() or None

    failed = 0
    for path in sys.argv[2:]:
        with open(path, "rb") as mail:
            content = mail.read()
        header = content.split(b"\r\n\r\n", 1)[0]
        count = (b"\r\n" + header).lower().count(b"\r\ndkim-signature:")
        for index in range(count):
            if not dkim.DKIM(content).verify(idx=index, dnsfunc=answer):
                print(f"{path}: signature {index + 1} of {count} does not verify")
                failed += 1
        if count == 0:
            print(f"{path}: no signature")
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
