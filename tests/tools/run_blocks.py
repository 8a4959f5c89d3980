"""Writes the shell of workflows and actions into a folder, a file for each step, for shellcheck.

Usage: run_blocks.py OUTPUT FILE... Needs PyYAML or ruamel.yaml, whichever is there.
"""

import pathlib
import sys

try:
    import yaml

    load = yaml.safe_load
except ImportError:
    from ruamel.yaml import YAML

    load = YAML(typ="safe", pure=True).load

output, *files = map(pathlib.Path, sys.argv[1:])
output.mkdir(parents=True, exist_ok=True)
for file in files:
    document = load(file.read_text(encoding="utf-8"))
    jobs = list(document.get("jobs", {}).values()) or [document["runs"]]
    steps = [step for job in jobs for step in job.get("steps", [])]
    for number, step in enumerate(steps):
        if "run" in step:
            assert "${{" not in step["run"], f"{file}: {step['name']}: an expression in a script"
            name = f"{file.stem}-{number}.bash"
            (output / name).write_text(step["run"] + "\n", encoding="utf-8")
