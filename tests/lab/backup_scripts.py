"""What the tests of backups run on their host."""

POSTGRES = """
create role shop login password 'p@ss "w''#x';
create database shop owner shop;
\\connect shop
set role shop;
create table orders (id serial primary key, note text);
create table items (id serial primary key, order_id int not null references orders);
create table django_migrations (id serial primary key, app text, name text);
insert into orders (note) select md5(n::text) from generate_series(1, 20000) n;
insert into items (order_id) select id from orders;
insert into django_migrations (app, name) values ('shop', '0001_initial'), ('shop', '0002_total');
"""

MARIADB = """
create database shop;
create user shop@127.0.0.1 identified by 'p@ss "w''#x';
grant all on shop.* to shop@127.0.0.1;
use shop;
create table orders (id int auto_increment primary key, note text);
create table items (id int auto_increment primary key, order_id int not null,
    foreign key (order_id) references orders (id));
create table django_migrations (id int auto_increment primary key, app text, name text, at int);
insert into orders (note) select concat('a (b), it''s; ', seq) from seq_1_to_20000;
insert into items (order_id) select id from orders;
insert into django_migrations values (1, 'shop', '0001_initial', 0), (2, 'shop', '0002_total', 0);
"""

SQLITE = """
import sqlite3, sys
made = sqlite3.connect("/srv/shop/shared/db.sqlite3", isolation_level=None, timeout=30)
made.execute("pragma journal_mode=wal")
if sys.argv[1] == "make":
    made.executescript('''
        create table orders (id integer primary key, note text);
        create table items (id integer primary key, order_id int not null references orders);
        create table django_migrations (id integer primary key, app text, name text);
        insert into django_migrations (app, name)
            values ('shop', '0001_initial'), ('shop', '0002_total');
        with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
            insert into orders (note) select 'note ' || i from n;
        insert into items (order_id) select id from orders;
    ''')
while sys.argv[1] == "write":
    made.executescript('''begin immediate;
        insert into orders (note) values ('new');
        insert into items (order_id) values (last_insert_rowid()); commit;''')
    open("/tmp/wrote", "w").close()
"""

WRITER = """
one="with made as (insert into orders (note) values ('new') returning id)
insert into items (order_id) select id from made;"
two="start transaction; insert into orders (note) values ('new');
insert into items (order_id) values (last_insert_id()); commit;"
case $1 in
postgres) yes "$one
\\\\! touch /tmp/wrote" | runuser -u postgres -- psql -qd shop ;;
mysql) yes "$two system touch /tmp/wrote" | mariadb shop ;;
sqlite) exec runuser -u shop -- python3 /tmp/sqlite.py write ;;
esac
"""

RESTORED = """
count="select count(*) from"
case $1 in
postgres)
    cd /; runuser -u postgres -- createdb scratch
    runuser -u postgres -- pg_restore --exit-on-error --no-owner -d scratch < $2
    ask() { runuser -u postgres -- psql -qtAd scratch -c "$count $1"; } ;;
mysql)
    mariadb -e 'create database scratch'; zcat $2 | mariadb scratch
    ask() { mariadb -N scratch -e "$count $1"; } ;;
sqlite)
    ask() { sqlite3 -readonly "file:$2?immutable=1" "$count $1"; } ;;
esac
printf '{"orders": %s, "items": %s}' $(ask orders $2) $(ask items $2)
case $1 in
postgres) runuser -u postgres -- dropdb scratch ;;
mysql) mariadb -e 'drop database scratch' ;;
esac
"""

OLD_TOOL = """#!/bin/sh
case "$*" in *--version*) echo '{version}';; *) exit 0;; esac
"""

CORRUPT = """
import json, os, random, shutil, sys
from pathlib import Path
sys.path.insert(0, "/tmp/agent")
from deployer.agent.backups import backup_proof, backup_record, dumps, shared_files
from deployer.agent.context import Context

count, seed = int(sys.argv[1]), int(sys.argv[2])
chance = random.Random(seed)
ctx = Context("shop", "run")
originals = sorted(Path("/opt/backups").iterdir())

def parts(folder):
    return sorted(one for one in folder.iterdir())

def bent(raw):
    raw = bytearray(raw)
    raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    return bytes(raw)

def record_with(folder, change):
    record = dict(backup_record.opened(folder))
    change(record)
    (folder / "backup.json").write_bytes(json.dumps(record, indent=2).encode() + b"\\n")

def spoil(folder, kind):
    one = chance.choice(parts(folder))
    raw = one.read_bytes()
    if kind == "flip": one.write_bytes(bent(raw))
    elif kind == "cut": one.write_bytes(raw[:chance.randrange(len(raw))])
    elif kind == "cut a little": one.write_bytes(raw[:-chance.randrange(1, 20)])
    elif kind == "empty": one.write_bytes(b"")
    elif kind == "gone": one.unlink()
    elif kind == "longer": one.write_bytes(raw + b"\\0" * chance.randrange(1, 600))
    elif kind == "zeros":
        at = chance.randrange(len(raw))
        one.write_bytes((raw[:at] + b"\\0" * 4096)[: len(raw)] + raw[at + 4096 :])
        if one.read_bytes() == raw: one.write_bytes(bent(raw))
    elif kind == "swapped":
        other = chance.choice([two for two in parts(folder) if two != one])
        one.rename(folder / "x"); other.rename(one); (folder / "x").rename(other)
    elif kind == "of another backup":
        another = chance.choice([two for two in originals if two.name != folder.name])
        name = chance.choice(["SHA256SUMS", "backup.json", "database"])
        mine = next(two for two in parts(folder) if two.name.startswith(name))
        source = another / mine.name
        theirs = source.read_bytes() if source.exists() else b""
        mine.write_bytes(theirs if theirs != mine.read_bytes() else b"?")
    elif kind == "no record": (folder / "backup.json").unlink()
    elif kind == "wrong version":
        record_with(folder, lambda found: found.update(schema=chance.choice([0, 3, "2", None])))
    elif kind == "wrong sum":
        record_with(folder, lambda found: found["parts"][-1].update(sha256="0" * 64))
    elif kind == "wrong rows":
        record_with(folder, lambda found: found["tables"].update(orders=1))
    elif kind == "stranger": (folder / "extra.tar.gz").write_bytes(raw)

KINDS = ["flip"] * 6 + ["cut"] * 2 + [
    "cut a little", "empty", "gone", "longer", "zeros", "swapped", "of another backup",
    "no record", "wrong version", "wrong sum", "wrong rows", "stranger",
]

def feed(check):
    missed = []
    for number in range(count):
        original = chance.choice(originals)
        kind = KINDS[number % len(KINDS)]
        folder = Path("/tmp/spoiled") / original.name
        shutil.rmtree("/tmp/spoiled", ignore_errors=True)
        shutil.copytree(original, folder)
        spoil(folder, kind)
        if not check(folder):
            missed.append([number, kind, original.name])
    return missed

def problems(folder):
    return backup_proof.problems(ctx, folder)

def flips_only(check):
    missed = []
    for number in range(30):
        original = chance.choice(originals)
        folder = Path("/tmp/spoiled") / original.name
        shutil.rmtree("/tmp/spoiled", ignore_errors=True)
        shutil.copytree(original, folder)
        data = ("database", "code", "shared")
        one = chance.choice([two for two in parts(folder) if two.name.startswith(data)])
        one.write_bytes(bent(one.read_bytes()))
        if not check(folder): missed.append([number, one.name])
    return missed

whole = sum(not problems(one) for one in originals)
undetected = feed(problems)
digest = backup_proof.check_digest
backup_proof.check_digest = lambda path, part: None
without_sha = flips_only(problems)
backup_proof.check_digest = digest
dumps.check = lambda ctx, path, database: None
shared_files.read = lambda path: None
backup_proof.check_tar = lambda path, part: None
without_reading = flips_only(problems)
print(json.dumps({"whole": whole, "fed": count, "undetected": undetected,
    "undetected_without_sha256": without_sha, "undetected_without_reading_back": without_reading}))
"""
