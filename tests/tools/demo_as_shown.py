"""Runs `postmerge demo` and holds what the README shows of it against what it says: the campaigns, their audiences, that
the sums add up and that nobody got a mail twice. Counts that hang on the moment of the kill may differ.
Usage: demo_as_shown.py PROGRAM"""
import re
import subprocess
import sys
import tempfile


def table(text):
    """The numbers of each campaign, in the order in which they stand, and the last line of the table."""
    rows = re.findall(r"^  (\S+)((?: +\d+){6})$", text, re.M)
    return {name: [int(n) for n in numbers.split()] for name, numbers in rows}


program = sys.argv[1]
with tempfile.TemporaryDirectory() as folder:
    run = subprocess.run(
        [program, "demo", "--out", folder + "/demo"], capture_output=True, text=True, check=False
    )
said = run.stdout
if run.returncode != 0:
    sys.exit(f"the demo ended with {run.returncode}\n{said}{run.stderr}")
shown = open("README.md", encoding="utf-8").read().split("<!-- demo-output -->")[1].split("\n```\n")[0]
now, then = table(said), table(shown)
wrong = []
if list(now) != list(then) or len(then) < 5:
    wrong.append(f"the README shows {list(then)}, the demo {list(now)}")
for name, numbers in now.items():
    if numbers[0] != sum(numbers[1:]):
        wrong.append(f"{name} does not add up: {numbers}")
    if numbers[0] != then.get(name, [None])[0]:
        wrong.append(f"{name}: the README shows an audience of {then.get(name)}, the demo {numbers}")
for line in re.findall(r"\d+ duplicates|They are never guessed: a person decides\.", shown):
    if line not in said:
        wrong.append(f"the demo does not say: {line}")
if wrong:
    sys.exit("\n".join(wrong) + "\n" + said)
print(f"{len(now)} campaigns, as the README shows them")
