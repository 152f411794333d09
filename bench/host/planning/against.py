"""Another revision of samestep beside the checkout's own: its worker, its implementations."""

import subprocess
import sys
import tarfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.errors import PlanError, explain_os_error
from bench.host.cache import make_scratch_folder
from bench.host.frameworks.framework import Framework, discover
from bench.host.frameworks.requirements import DESCRIPTION
from bench.host.frameworks.setup import build_worker_environment
from bench.job import Execution, Job, Turns
from bench.optimizer import Optimizer
from bench.records.git import QUESTION, ROOT, run_git, to_query
from bench.records.results import COMMIT_DIGITS
from bench.spec import Samples

# Reads a job as a worker does; what it cannot read, it could not run either.
READS_A_JOB = "import sys; from bench.job import Job; Job.from_json(sys.stdin.read())"


@dataclass(frozen=True)
class Base:
    """What the checkout is compared with: a commit, in full, and a folder with its files."""

    commit: str
    root: Path

    def find_frameworks(self, now: Collection[Framework]) -> dict[str, Framework]:
        """Find the same frameworks as they were in that revision, by their editions."""
        before = discover(self._find_folders(now), self.root)
        editions = [
            replace(
                before[name],
                title=f"{before[name].title} at {self.commit[:COMMIT_DIGITS]}",
                revision=self.commit,
                root=self.root,
            )
            for name in dict.fromkeys(framework.name for framework in now if not framework.pin)
            if name in before
        ]
        return {framework.edition: framework for framework in editions}

    def _find_folders(self, now: Iterable[Framework]) -> list[Path]:
        """Find the folders of frameworks that lie elsewhere in the checkout than in impls."""
        folders = dict.fromkeys(framework.folder for framework in now)
        inside = [
            self.root / folder.relative_to(ROOT)
            for folder in folders
            if folder.is_relative_to(ROOT) and not folder.is_relative_to(ROOT / "impls")
        ]
        return [folder for folder in inside if (folder / DESCRIPTION).is_file()]


@contextmanager
def check_out(revision: str) -> Iterator[Base]:
    """Lay out a revision's files in a folder that is gone afterwards.

    Nothing is written into the checkout, which may be another user's, or on a read-only disk.

    Raises:
        PlanError: there is no such revision, or its worker reads another kind of job.
    """
    commit = _git(
        to_query(revision),
        f"--against {revision}: the checkout has no such revision; expected a commit, a branch or "
        "a tag, such as HEAD~1 or main (in CI, fetch the whole history)",
    )
    with make_scratch_folder() as folder:
        root = folder / "base"
        _unpack(commit, root, f"--against {revision}: the files of it cannot be laid out")
        _check_language(root, revision)
        yield Base(commit, root)


def _unpack(commit: str, root: Path, failed: str) -> None:
    archive = root.with_suffix(".tar")
    _git(["archive", "--format=tar", f"--output={archive}", commit], failed)
    remedy = "expected a folder with room for a second checkout; name another in TMPDIR."
    with explain_os_error(PlanError, failed, remedy):
        with tarfile.open(archive) as files:
            files.extractall(root, filter="data")
        archive.unlink()


def _git(arguments: Sequence[str], failed: str) -> str:
    """Return what git prints; raise PlanError with `failed` before git's own words."""
    try:
        finished = run_git(*QUESTION, *arguments)
    except OSError as error:
        raise PlanError(f"{failed} ({error.strerror}); install git.") from error
    if finished.returncode != 0:
        said = " ".join(finished.stderr.split())
        raise PlanError(f"{failed}{f' ({said})' if said else ''}.")
    return finished.stdout.strip()


def _check_language(root: Path, revision: str) -> None:
    """Refuse a revision whose worker does not read the jobs that this host writes."""
    finished = subprocess.run(
        [sys.executable, "-P", "-c", READS_A_JOB],
        env=build_worker_environment({}, "cpu", root),
        input=_a_job().to_json(),
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        last = (finished.stderr.strip().splitlines() or ["nothing was said"])[-1]
        raise PlanError(
            f"--against {revision}: its worker reads another kind of job than this checkout "
            f"writes ({last}), so that the two cannot run side by side; run each by itself and "
            "compare the runs with `python -m reports compare`."
        )


def _a_job() -> Job:
    return Job(
        framework="",
        implementation="",
        model="lenet",
        samples=Samples((1, 32, 32), 10),
        optimizer=Optimizer("sgd", 0.1),
        execution=Execution("eager", "ieee", "cpu", 1),
        batch_size=1,
        epochs=1,
        evaluate_every=1,
        block_seconds=0.1,
        input="prepared",
        weights="",
        order="",
        arrays={},
        digests={},
        turns=Turns(0, 1, first=True),
    )
