"""Tests of the checks themselves: on a made database and a made index, since a clean lock shows nothing."""

import contextlib
import io
import json
import os
import subprocess
import tempfile
import unittest
from datetime import datetime, timezone
from pathlib import Path
from unittest import mock

from . import advisories, cargo_deny, registry
from .settings import REPO, DenyError

NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)
ADVISORY = """\
```toml
[advisory]
id = "RUSTSEC-2026-9999"
package = "{package}"
date = "2026-01-01"

[versions]
patched = ["{patched}"]
```

# Made for a test

Text.
"""


def database(folder: Path, package: str, patched: str) -> None:
    """A git repository laid out as RustSec's, with one advisory."""
    place = folder / "crates" / package
    place.mkdir(parents=True)
    (place / "RUSTSEC-2026-9999.md").write_text(ADVISORY.format(package=package, patched=patched))
    git = ["git", "-C", str(folder), "-c", "user.name=test", "-c", "user.email=test@example.org"]
    env = os.environ | {"GIT_COMMITTER_DATE": "2026-01-02T00:00:00Z"}
    for command in (["init", "--quiet", "--initial-branch", advisories.BRANCH], ["add", "."], ["commit", "-qm", "test"]):
        subprocess.run([*git, *command], check=True, env=env)


class Advisories(unittest.TestCase):
    """With the real cargo-deny and Cargo.lock."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "tools").mkdir()
        # Nothing but the made advisory: the real excuses would be reported as unused.
        self.rules = self.folder / "deny.toml"
        self.rules.write_text('[advisories]\ngit-fetch-with-cli = true\nyanked = "allow"\n')

    def checked(self, source: Path | str) -> tuple[bool, str]:
        """The result and what was printed."""
        env = {advisories.VARIABLE: str(source)}
        said = io.StringIO()
        with (mock.patch.dict(os.environ, env), mock.patch.object(advisories, "TOOLS", self.folder / "tools"),
              contextlib.redirect_stdout(said)):
            return advisories.check(cargo_deny.find(), self.rules), said.getvalue()

    def test_an_advisory_that_hits_a_locked_crate_fails(self) -> None:
        database(self.folder / "db", "tokio", ">= 999.0.0")
        good, said = self.checked(self.folder / "db")
        self.assertFalse(good)
        self.assertIn("FAILED", said)
        self.assertIn("days old (2026-01-02)", said)
        self.assertIn("WARNING: older than", said)

    def test_an_advisory_that_the_locked_version_is_behind_passes(self) -> None:
        database(self.folder / "db", "tokio", ">= 0.0.1")
        good, said = self.checked(self.folder / "db")
        self.assertTrue(good)
        self.assertIn("no hit", said)

    def test_a_hit_that_is_excused_passes(self) -> None:
        self.rules.write_text(self.rules.read_text() + 'ignore = [{ id = "RUSTSEC-2026-9999", reason = "a test" }]\n')
        database(self.folder / "db", "tokio", ">= 999.0.0")
        self.assertTrue(self.checked(self.folder / "db")[0])

    def test_a_named_database_that_is_none_fails(self) -> None:
        with self.assertRaisesRegex(DenyError, "no git repository"):
            self.checked(self.folder / "nothing")

    def test_where_no_database_can_be_had_it_says_so(self) -> None:
        said = io.StringIO()
        with mock.patch.object(advisories, "answers", return_value=False), contextlib.redirect_stdout(said), \
                mock.patch.dict(os.environ):
            os.environ.pop(advisories.VARIABLE, None)
            self.assertTrue(advisories.check(cargo_deny.CargoDeny("none", "0"), self.rules))
        self.assertIn("advisories: NOT checked", said.getvalue())


def entry(version: str, published: str | None = "2026-01-01T00:00:00Z", yanked: bool = False) -> dict:
    return {"name": "a", "vers": version, "yanked": yanked} | ({"pubtime": published} if published else {})


class Registry(unittest.TestCase):
    """Without a registry."""

    def report(self, *entries: dict, excuses: tuple[str, ...] = (), version: str = "1.0.0") -> registry.Report:
        return registry.report([("a", version)], {"a": list(entries)}, set(excuses), NOW)

    def test_a_yanked_version_is_found_with_the_newest_that_is_not(self) -> None:
        found = self.report(entry("1.0.0", yanked=True), entry("1.10.0"), entry("1.9.0"), entry("2.0.0-rc.1"),
                            entry("3.0.0", yanked=True))
        self.assertEqual([(f.crate, f.text) for f in found.yanked], [("a 1.0.0", "(newest: 1.10.0 of 2026-01-01)")])

    def test_a_yanked_version_can_be_excused(self) -> None:
        self.assertEqual(self.report(entry("1.0.0", yanked=True), excuses=("a@1.0.0",)).yanked, [])
        self.assertEqual(len(self.report(entry("1.0.0", yanked=True), excuses=("a@1.0.1",)).yanked), 1)

    def test_an_excuse_needs_a_reason(self) -> None:
        rules = '[advisories]\nignore = [{ crate = "a@1.0.0", reason = "why" }, { crate = "b@1.0.0" }, "RUSTSEC-1"]'
        self.assertEqual(registry.excused(rules), {"a@1.0.0"})

    def test_a_version_of_two_years_and_a_day_is_old(self) -> None:
        self.assertEqual(len(self.report(entry("1.0.0", "2024-05-31T00:00:00Z")).old), 1)
        self.assertEqual(self.report(entry("1.0.0", "2024-06-02T00:00:00Z")).old, [])

    def test_what_the_index_does_not_date_or_have_is_named(self) -> None:
        self.assertEqual(self.report(entry("1.0.0", published=None)).unknown, ["a 1.0.0"])
        self.assertEqual(self.report(entry("1.0.0"), version="9.9.9").unknown, ["a 9.9.9"])

    def test_cargos_file_is_read(self) -> None:
        lines = b"".join(b"1.0.%d\0%s\0" % (i, json.dumps(entry(f"1.0.{i}")).encode()) for i in range(2))
        cached = b"\x03\x02\0\0\0etag: x\0" + lines + b"1.0.2\0{broken\0"
        self.assertEqual([e["vers"] for e in registry.parse(cached)], ["1.0.0", "1.0.1"])

    def test_the_lock_has_crates_of_the_registry_alone(self) -> None:
        locked = registry.dependencies((REPO / "Cargo.lock").read_text())
        self.assertIn("tokio", [name for name, _ in locked])
        self.assertNotIn("nova-cascade", [name for name, _ in locked])


def run() -> int:
    """All of them; the exit code."""
    suite = unittest.TestSuite(map(unittest.defaultTestLoader.loadTestsFromTestCase, (Advisories, Registry)))
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    failed = len(result.failures) + len(result.errors)
    # In the words of cargo test, which tools/test adds up.
    print(f"test result: {'FAILED' if failed else 'ok'}. {result.testsRun - failed} passed; {failed} failed; 0 ignored;")
    return 1 if failed else 0
