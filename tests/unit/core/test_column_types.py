import pytest

from deployer.core.column_types import fit


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("varchar(20)", "VARCHAR(20)", "same"),
        ("varchar(20)", "character varying(20)", "same"),
        ("int", "integer", "same"),
        ("varchar(20)", "varchar(21)", "wider"),
        ("varchar(20)", "varchar(19)", "other"),
        ("varchar(20)", "varchar", "wider"),
        ("varchar", "varchar(20)", "other"),
        ("varchar(20)", "text", "wider"),
        ("text", "varchar(20)", "other"),
        ("char(3)", "text", "other"),
        ("smallint", "bigint", "wider"),
        ("bigint", "integer", "other"),
        ("integer", "integer unsigned", "other"),
        ("smallint unsigned", "integer unsigned", "wider"),
        ("numeric(5, 2)", "numeric(7, 2)", "wider"),
        ("numeric(5, 2)", "numeric(7, 5)", "other"),
        ("numeric(5, 2)", "numeric(5, 3)", "other"),
        ("numeric(5, 2)", "numeric(5)", "other"),
        ("real", "double precision", "wider"),
        ("date", "timestamp with time zone", "other"),
        ("?", "text", "other"),
        ("integer", "text", "other"),
    ],
)
def test_a_type_is_wider_only_when_everything_fits_in_both_ways(old, new, expected):
    assert fit(old, new) == expected
