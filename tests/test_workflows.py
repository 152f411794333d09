"""The workflows that are there to be copied, against the schemas of those who run them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT, unavailable

GITHUB = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
GITLAB = ROOT / "docs" / "examples" / "gitlab-ci.yml"


@pytest.mark.parametrize(
    ("file", "schema"),
    [*((one, "vendor.github-workflows") for one in GITHUB), (GITLAB, "vendor.gitlab-ci")],
)
def test_a_workflow_is_what_its_schema_says(file: Path, schema: str) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_the_schema_sees_a_mistake(tmp_path: Path) -> None:
    broken = tmp_path / "bench.yml"
    broken.write_text(GITHUB[0].read_text().replace("runs-on:", "run-on:"))

    finished = subprocess.run(
        [
            *(sys.executable, "-m", "check_jsonschema"),
            *("--builtin-schema", "vendor.github-workflows", str(broken)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 1


@pytest.mark.parametrize("file", [*GITHUB, GITLAB])
def test_every_environment_of_tox_that_a_workflow_runs_is_there(file: Path) -> None:
    known = (ROOT / "tox.ini").read_text()
    lines = [line.strip() for line in file.read_text().splitlines()]
    commands = [line.removeprefix("- ").removeprefix("run: ") for line in lines]
    environments = [one.split()[2] for one in commands if one.startswith("tox -e ")]

    assert yaml.safe_load(file.read_text())
    assert all(f"[testenv:{name}]" in known for name in environments)
    assert environments or file.name == "ci.yml"


# Answers as GitHub's command line does, with what a file has as the comments of a pull request, and
# keeps what it was asked for.
GH = """\
#!/usr/bin/env bash
echo "$*" >> "$ASKED"
if [ "$1 $2" = "api --paginate" ]; then jq "$5" "$COMMENTS"; fi
"""
OURS = {"login": "github-actions[bot]"}
MARKED = "<!-- samestep: comparison -->\nFaster."


@pytest.mark.parametrize(
    ("comments", "asked"),
    [
        ([], "pr comment 7 --body-file comment.md"),
        # Another bot of the same name, a person who quotes us.
        ([(OURS, "Coverage: 90 %")], "pr comment 7 --body-file comment.md"),
        ([({"login": "somebody"}, MARKED)], "pr comment 7 --body-file comment.md"),
        (
            [(OURS, MARKED), (OURS, "Coverage: 90 %")],
            "api --silent --method PATCH repos/a/b/issues/comments/0 --field body=@comment.md",
        ),
    ],
)
def test_a_comment_replaces_our_own_and_nobody_elses(
    comments: list[tuple[dict[str, str], str]], asked: str, tmp_path: Path
) -> None:
    if shutil.which("jq") is None:
        unavailable("jq is not installed (Debian: jq)")
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "bench.yml").read_text())
    (step,) = (
        step
        for step in workflow["jobs"]["against"]["steps"]
        if step.get("name") == "Comment on the pull request"
    )
    programs, run = tmp_path / "bin", tmp_path / "results" / "some-run"
    programs.mkdir()
    run.mkdir(parents=True)
    (programs / "gh").write_text(GH)
    (programs / "gh").chmod(0o755)
    (run / "compare.md").write_text("Slower.\n")
    known = [
        {"id": number, "user": user, "body": body} for number, (user, body) in enumerate(comments)
    ]
    (tmp_path / "comments.json").write_text(json.dumps(known))
    variables = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "ASKED": str(tmp_path / "asked"),
        "COMMENTS": str(tmp_path / "comments.json"),
        "GITHUB_REPOSITORY": "a/b",
        "NUMBER": "7",
    }
    # As GitHub runs a step.
    subprocess.run(["bash", "-e", "-c", step["run"]], cwd=tmp_path, env=variables, check=True)
    assert (tmp_path / "asked").read_text().splitlines()[-1] == asked
    assert (tmp_path / "comment.md").read_text() == "<!-- samestep: comparison -->\nSlower.\n"
