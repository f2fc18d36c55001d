"""A flow whose step changes a table under a dump of it, and fails where the step did: the table is then as it was."""

import json
import os
import time
import urllib.request

from prefect import flow, task
from prefect.runtime import flow_run

URL = os.environ.get("DATASENS_URL", "http://127.0.0.1:8084")


def ask(path: str, body: dict | None = None) -> dict:
    """Asks the host; an answer that is an error is an HTTPError, with the host's words in its body."""
    request = urllib.request.Request(
        URL + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {os.environ['DATASENS_TOKEN']}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


@task
def guarded_step(step: str, given: dict, name: str) -> dict:
    """Runs the step once for `name`, waits for its end, and gives what it returned."""
    ask("/control/executions", {"workflow": "guarded-step", "name": name, "input": {"step": step, "input": given}})
    while (state := ask(f"/control/executions/guarded-step/{name}"))["status"] == "RUNNING":
        time.sleep(2)
    if state["status"] != "SUCCEEDED":
        raise RuntimeError(f"{step}: {state['error']}: {state['cause']}")
    return state["output"]["result"]


@flow(log_prints=True)
def anonymise(before: str = "2026-01-01") -> None:
    print(guarded_step("anonymise", {"before": before}, f"anonymise-{flow_run.id}"))


if __name__ == "__main__":
    anonymise()
