from pathlib import Path

from bench.host.environments.identity import hash_sources


def test_sources_may_be_in_any_encoding(tmp_path: Path) -> None:
    """Python itself reads one whose first lines declare its encoding."""
    source = tmp_path / "spec.py"
    source.write_bytes(
        "# coding: latin-1\nNAME = '\N{LATIN SMALL LETTER A WITH ACUTE}'\n".encode("latin-1")
    )
    before = hash_sources(tmp_path)
    source.write_bytes(
        "# coding: latin-1\nNAME = '\N{LATIN SMALL LETTER E WITH ACUTE}'\n".encode("latin-1")
    )
    assert hash_sources(tmp_path) != before
