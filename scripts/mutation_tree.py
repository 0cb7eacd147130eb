"""A worktree in which mutants are built and tested. Used by mutate.py."""
import dataclasses
import hashlib
import os
import pathlib
import re
import resource
import shlex
import shutil
import signal
import subprocess
import tempfile
import time

import mutations

MEMORY_BYTES_MAX = 4 << 30  # of a test program: a mutant may take all there is
BUILD = "build/release"


@dataclasses.dataclass(frozen=True)
class Limits:
    build_seconds: float
    test_seconds: float


def run(command, cwd, seconds=None, environment=None, is_bounded=False):
    """Exit code and output; None in place of the code when it took too long."""
    def bound():
        if is_bounded:
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    with subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", env=environment, preexec_fn=bound,
                          start_new_session=True) as child:
        try:
            output, _ = child.communicate(timeout=seconds)
            return child.returncode, output
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)  # the compiler's own children, too
            output, _ = child.communicate()
            return None, output


class Tree:
    """A worktree of what `top` holds, numbered, kept from run to run with its build."""

    def __init__(self, top, number, limits):
        self.limits = limits
        name = f"tickmesh-mutants-{hashlib.sha256(str(top).encode()).hexdigest()[:8]}"
        self.path = pathlib.Path(tempfile.gettempdir()) / name / f"tree-{number}"
        self.top = top
        # Objects of other trees are taken from a compiler cache, where there is one: paths in them
        # are relative to the tree.
        self.environment = {**os.environ, "CCACHE_BASEDIR": str(self.path), "CCACHE_NOHASHDIR": "1"}
        self._check_out()

    def _git(self, *arguments, cwd=None):
        return subprocess.run(["git", *arguments], cwd=cwd or self.top, check=True,
                              capture_output=True, text=True).stdout.strip()

    def _check_out(self):
        """What is not committed counts, too: `stash create` touches neither tree nor index."""
        revision = self._git("stash", "create") or self._git("rev-parse", "HEAD")
        if not (self.path / ".git").exists():
            shutil.rmtree(self.path, ignore_errors=True)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._git("worktree", "prune")
            self._git("worktree", "add", "--detach", str(self.path), revision)
            return
        self._git("checkout", "--force", "--detach", revision, cwd=self.path)

    def remove(self):
        self._git("worktree", "remove", "--force", str(self.path))

    def build(self, targets):
        configure = ["cmake", "--preset", "release", "-DTICKMESH_UNITY=OFF"]  # a mutant is one file
        for command in (configure, ["ninja", "-C", BUILD, *targets]):
            code, output = run(command, self.path, environment=self.environment)
            if code != 0:
                raise SystemExit(f"mutate: {' '.join(command)} fails:\n{output[-3000:]}")

    def run_tests(self, tests):
        """Whether one failed, and which. `tests`: program and filter."""
        for program, wanted in tests:
            command = [str(self.path / BUILD / program)]
            command += (["--seeds", wanted] if program == "broker_sim"
                        else [f"--source-file={wanted}", "--abort-after=1"])
            code, output = run(command, self.path, self.limits.test_seconds, is_bounded=True)
            if code is None:
                return True, f"{program} takes more than {self.limits.test_seconds:.0f} s"
            if code == 0 and program != "broker_sim" and re.search(r"test cases: +0 ", output):
                raise SystemExit(f"mutate: {program} has no tests in {wanted}")
            if code != 0:
                found = (re.search(r"^TEST CASE: +(.*)$", output, re.M) or
                         re.search(r"^.*violation.*$", output, re.M))
                return True, f"{program}: {found.group(0) if found else f'exit code {code}'}"
        return False, ""

    def attempt(self, path, mutant, tests):
        start = time.monotonic()
        outcome, why = self._attempt(path, mutant, tests)
        return {"outcome": outcome, "why": why, "seconds": round(time.monotonic() - start, 1)}

    def _attempt(self, path, mutant, tests):
        source = self.path / path
        whole = source.read_text()
        times = (source.stat().st_atime_ns, source.stat().st_mtime_ns)
        programs = [program for program, _ in tests]
        build = self._build_source if path.endswith(".cpp") else self._build_all
        try:
            source.write_text(mutations.apply_mutant(whole, mutant))
            with build(path, programs) as built:
                if built.why:
                    return "uncompilable", built.why
                failed, why = self.run_tests(tests)
                return ("killed" if failed else "survived"), why
        finally:
            source.write_text(whole)
            if path.endswith(".cpp"):  # its object is put back, and is not older
                os.utime(source, ns=times)

    def _build_source(self, path, programs):
        return _CompiledSource(self, path, programs)

    def _build_all(self, path, programs):
        return _BuiltTree(self, path, programs)

    def link(self, programs):
        code, output = run(["ninja", "-C", BUILD, *programs], self.path,
                           self.limits.build_seconds, self.environment)
        return "" if code == 0 else output[-500:] or "the build takes too long"


class _BuiltTree:
    """All that depends on a file, built by ninja."""

    def __init__(self, tree, _path, programs):
        self.why = tree.link(programs)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class _CompiledSource:
    """One object, compiled beside ninja: without warnings, which a mutant may well deserve, and
    put back afterwards, so that nothing is compiled twice."""

    def __init__(self, tree, path, programs):
        self.directory = tree.path / BUILD
        self.object = self._object_of(path)
        self.kept = self.object.with_suffix(".kept")
        shutil.copy2(self.object, self.kept)
        command = subprocess.run(["ninja", "-C", str(self.directory), "-t", "commands", "-s",
                                  str(self.object.relative_to(self.directory))], check=True,
                                 capture_output=True, text=True).stdout.strip().splitlines()[-1]
        environment = {**tree.environment, "CCACHE_DISABLE": "1"}
        code, output = run([*shlex.split(command), "-w"], self.directory,
                           tree.limits.build_seconds, environment)
        self.why = "" if code == 0 else output[-500:] or "the compilation takes too long"
        if not self.why:
            # Ninja judges objects by their times: the mutant's is as old as the one that it knows.
            shutil.copystat(self.kept, self.object)
            self._forget_archive()
            self.why = tree.link(programs)

    def _object_of(self, path):
        found = subprocess.run(["ninja", "-C", str(self.directory), "-t", "targets", "all"],
                               check=True, capture_output=True, text=True).stdout
        folder, name = os.path.split(path)
        pattern = rf"^{re.escape(folder)}/CMakeFiles/[^/]+\.dir/(.*/)?{re.escape(name)}\.o(?=:)"
        wanted = re.search(pattern, found, re.M)
        while wanted is None and folder:  # a library may stand in a folder above
            folder, last = os.path.split(folder)
            name = f"{last}/{name}"
            pattern = rf"^{re.escape(folder)}/CMakeFiles/[^/]+\.dir/{re.escape(name)}\.o(?=:)"
            wanted = re.search(pattern, found, re.M)
        if wanted is None:
            raise SystemExit(f"mutate: {path} is no part of the build")
        return self.directory / wanted.group(0)

    def _forget_archive(self):
        """The archive is made anew, and with it the programs."""
        of = re.match(r"(.*)/CMakeFiles/([^/]+)\.dir/", str(self.object))
        for archive in pathlib.Path(of.group(1)).glob(f"lib{of.group(2)}.a"):
            archive.unlink()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.copy2(self.kept, self.object)
        self.kept.unlink()
        self._forget_archive()
