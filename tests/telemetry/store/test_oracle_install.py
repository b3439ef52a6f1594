"""`twin store init` and `twin store ords` against the test server: what runs, what runs again, what is told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from telemetry.store import oracle_install, sql
from telemetry.store.base import StoreTooNew
from telemetry.store.contract import StoreRefused
from telemetry.store.oracle import OracleStore
from telemetry.store.oracle_pool import OracleSettings
from tests.oracle.faults import Raise
from tests.oracle.listener import PASSWORD, USER, Listener
from tests.oracle.model import Model
from twin.__main__ import main


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def oracle(model: Model) -> Iterator[Listener]:
    with Listener(model) as listener:
        yield listener
    assert not listener.troubles, listener.troubles[0]
    assert not model.unknown, model.unknown


@pytest.fixture
def settings(oracle: Listener) -> OracleSettings:
    return OracleSettings(oracle.dsn, USER, PASSWORD)


def quiet(line: str) -> None:
    pass


def environ(monkeypatch: pytest.MonkeyPatch, oracle: Listener, password: str = PASSWORD) -> None:
    for name, value in {"DSN": oracle.dsn, "USER": USER, "PASSWORD": password}.items():
        monkeypatch.setenv(f"TWIN_ORACLE_{name}", value)


class TestInit:
    async def test_an_empty_database_gets_every_version_once(self, settings: OracleSettings, model: Model) -> None:
        assert await oracle_install.install(settings, quiet) == len(sql.versions())
        ran = list(model.ran)
        assert await oracle_install.install(settings, quiet) == 0
        assert model.ran == ran
        store = OracleStore(settings)
        await store.open()
        await store.close()

    async def test_an_installation_that_was_interrupted_goes_on(
        self, settings: OracleSettings, oracle: Listener, model: Model
    ) -> None:
        oracle.faults.plan("execute", Raise(1031), name="script", skip=5)
        with pytest.raises(StoreRefused, match=r"0001_tables, statement 6 .*ORA-01031.*docs/oracle\.md"):
            await oracle_install.install(settings, quiet)
        assert await oracle_install.install(settings, quiet) == len(sql.versions())
        assert set(model.database.tables) == {text.split()[2] for text in model.ran if text.startswith("CREATE TABLE")}

    async def test_an_older_schema_gets_what_is_newer(self, settings: OracleSettings, model: Model) -> None:
        await oracle_install.install(settings, quiet)
        newest = sql.versions()[-1].number
        del model.database.tables["twin_schema"].rows[newest,]
        assert await oracle_install.install(settings, quiet) == 1
        assert [row["version"] for row in model.rows("twin_schema")] == list(range(1, newest + 1))

    async def test_a_newer_schema_is_left_alone(self, settings: OracleSettings, model: Model) -> None:
        await oracle_install.install(settings, quiet)
        model.database.tables["twin_schema"].rows[99,] = {"version": 99, "installed_ms": 0}
        with pytest.raises(StoreTooNew):
            await oracle_install.install(settings, quiet)


class TestCommand:
    def test_init_makes_the_tables_and_says_so(
        self, oracle: Listener, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], model: Model
    ) -> None:
        environ(monkeypatch, oracle)
        assert main(["store", "init"]) == 0
        assert "the tables have version" in capsys.readouterr().out
        assert main(["store", "init"]) == 0
        assert "nothing to do" in capsys.readouterr().out

    def test_a_dry_run_prints_the_sql_and_connects_to_nothing(
        self, oracle: Listener, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        environ(monkeypatch, oracle)
        assert main(["store", "init", "--dry-run"]) == main(["store", "ords", "--dry-run"]) == 0
        printed = capsys.readouterr().out
        assert "CREATE TABLE twin_ledger" in printed
        assert "ORDS.DEFINE_MODULE" in printed
        assert oracle.logins == 0

    def test_a_wrong_password_ends_with_a_sentence(
        self, oracle: Listener, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        environ(monkeypatch, oracle, "wrong")
        assert main(["store", "init"]) == 1
        said = capsys.readouterr().out
        assert "ORA-01017" in said
        assert "wrong" not in said

    def test_what_is_missing_is_named(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for name in ("DSN", "USER", "PASSWORD"):
            monkeypatch.delenv(f"TWIN_ORACLE_{name}", raising=False)
        assert main(["store", "init"]) == 2
        assert "TWIN_ORACLE_DSN" in capsys.readouterr().out
        assert main(["store", "init", "--dsn", "x/y", "--user", "u"]) == 2
        assert "TWIN_ORACLE_PASSWORD" in capsys.readouterr().out

    def test_ords_defines_the_module_and_writes_every_body(
        self, oracle: Listener, monkeypatch: pytest.MonkeyPatch, model: Model
    ) -> None:
        environ(monkeypatch, oracle)
        assert main(["store", "init"]) == 0
        for _ in range(2):
            assert main(["store", "ords"]) == 0
        assert len(model.rows("twin_body")) == 1100
        body = next(row for row in model.rows("twin_body") if row["node_name"] == "Body1.026")
        assert body["uuid"]
        defined = [text for text in model.ran if "ORDS.DEFINE_MODULE" in text]
        assert len(defined) == 2


def test_the_settings_never_show_the_passwords() -> None:
    shown = repr(OracleSettings("dsn", "user", "hidden", "dir", "hidden too"))
    assert "hidden" not in shown
    assert "hidden" not in str(asyncio.run(_failing()))


async def _failing() -> Exception:
    store = OracleStore(OracleSettings("127.0.0.1:1/x", "user", "hidden"))
    try:
        await store.open()
    except Exception as error:  # noqa: BLE001 any
        return error
    finally:
        await store.close()
    raise AssertionError("nothing listens on port 1")


class TestWallet:
    """A wallet that is not there, not whole or not the right one is named, and nothing is tried in vain."""

    @pytest.mark.parametrize(
        ("dsn", "files", "said"),
        [
            ("mydb_tp", None, "set TWIN_ORACLE_WALLET_DIR to where its tnsnames.ora is"),
            ("mydb_tp", {}, "it has no tnsnames.ora"),
            ("otherdb_tp", {"tnsnames.ora": ""}, "check TWIN_ORACLE_DSN and the wallet's tnsnames.ora"),
            ("mydb_tp", {"tnsnames.ora": ""}, "it has no ewallet.pem"),
            ("mydb_tp", {"tnsnames.ora": "", "ewallet.pem": "garbage"}, "its ewallet.pem cannot be read"),
            (
                "mydb_tp",
                {"tnsnames.ora": "", "ewallet.pem": "-----BEGIN ENCRYPTED PRIVATE KEY-----"},
                "needs a password; set TWIN_ORACLE_WALLET_PASSWORD",
            ),
        ],
    )
    def test_it_is_named_with_what_to_do(
        self,
        oracle: Listener,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        tmp_path: Path,
        dsn: str,
        files: dict[str, str] | None,
        said: str,
    ) -> None:
        environ(monkeypatch, oracle)
        address = f"(address=(protocol=tcps)(host=127.0.0.1)(port={oracle.port}))"
        names = f"mydb_tp = (description={address}(connect_data=(service_name=tests)))\n"
        for name, text in (files or {}).items():
            (tmp_path / name).write_text(text or names)
        where = [] if files is None else ["--wallet-dir", str(tmp_path)]
        assert main(["store", "init", "--dsn", dsn, *where]) == 1
        out = capsys.readouterr().out
        assert said in out
        assert PASSWORD not in out
        assert "tried again" not in out

    async def test_a_server_without_its_wallet_stays_up_and_says_so(self, tmp_path: Path) -> None:
        store = OracleStore(OracleSettings("mydb_tp", USER, PASSWORD, str(tmp_path)))
        with pytest.raises(StoreRefused, match="it has no tnsnames"):
            await store.open()
        await store.close()
