-- Layout: wide rows that never change (message, body, attempt, reply), narrow rows that do (progress, delivery), bodies
-- apart. Times are milliseconds since 1970. Version 1.

create table message (
    seq integer primary key autoincrement,
    id text not null unique,
    interface text not null,
    digest text not null,
    principal text not null,
    order_key text,
    traceparent text not null,
    request_id text not null,
    parameters text not null,
    accepted_ms integer not null,
    size integer not null
) strict;

create table body (
    message integer primary key,
    raw blob not null
) strict;

create table progress (
    message integer primary key,
    state text not null,
    reason text,
    detail text not null default '',
    due_ms integer,
    crashes integer not null default 0,
    ended_ms integer
) strict;
create index progress_open on progress (message) where ended_ms is null;

create table delivery (
    id integer primary key,
    message integer not null,
    step text not null,
    system text not null,
    operation text not null,
    done integer not null default 0,
    doubt integer not null default 0,
    tries integer not null default 0,
    attempts integer not null default 0,
    class text,
    status integer,
    start_ms integer,
    end_ms integer,
    excerpt text not null default '',
    note text not null default '',
    unique (message, step)
) strict;

create table reply (
    delivery integer primary key,
    bytes blob not null
) strict;

create table attempt (
    message integer not null,
    step text not null,
    n integer not null,
    class text not null,
    status integer,
    start_ms integer not null,
    end_ms integer not null,
    note text not null,
    excerpt text not null,
    primary key (message, step, n)
) strict, without rowid;

create table idem (
    interface text not null,
    principal text not null,
    key_hash blob not null,
    body_hash blob not null,
    message integer not null,
    expires_ms integer not null,
    primary key (interface, principal, key_hash)
) strict, without rowid;

create table dead (
    message integer primary key,
    sentence text not null,
    class text,
    step text not null,
    system text not null,
    operation text not null,
    tries integer not null,
    mapped blob,
    field_errors text not null,
    at_ms integer not null
) strict;

create table answer (
    message integer primary key,
    status integer not null,
    body blob not null
) strict;

create table incident (
    dedup_key text primary key,
    firing integer not null,
    last_ms integer not null,
    record text not null
) strict;

create table post (
    id text primary key,
    channel text not null,
    state text not null,
    tries integer not null,
    due_ms integer not null,
    created_ms integer not null,
    error text not null,
    record text not null
) strict;
create index post_pending on post (due_ms) where state = 'PENDING';
