"""The same reading, checks, filter and de-duplication with Python's csv module."""

import csv
import datetime
import re
import resource
import sys
import time

ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]+"
)
BOOL = {"true": True, "yes": True, "sí": True, "si": True, "1": True, "false": False, "no": False, "0": False}
SECTORS = {"agro", "textil", "vinos", "software", "turismo"}
WANTED = {"agro", "textil", "vinos", "software"}


def run(path):
    seen = set()
    rows = selected = wrong = 0
    match = ADDRESS.fullmatch
    day = datetime.date.fromisoformat
    with open(path, encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        for row in reader:
            rows += 1
            try:
                email, nombre, _empresa, sector, _agente, consent, saldo, alta = row
                if not match(email) or not nombre or sector and sector not in SECTORS:
                    raise ValueError
                consent = BOOL[consent.lower()] if consent else False
                saldo = float(saldo) if saldo else None
                if alta:
                    day(alta)
            except (ValueError, KeyError):
                wrong += 1
                continue
            if sector in WANTED and saldo is not None and saldo >= 100:
                identity = email.lower()
                if identity in seen:
                    continue
                seen.add(identity)
                if consent:
                    selected += 1
    return rows, selected, wrong


start = time.perf_counter()
rows, selected, wrong = run(sys.argv[1])
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(f"python-csv rows={rows} selected={selected} wrong={wrong} seconds={seconds:.3f} rows_per_s={rows / seconds:.0f} peak_mb={peak}")
