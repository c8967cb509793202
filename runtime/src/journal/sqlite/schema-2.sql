-- Version 2: what operators decide. The audit log is append-only; its end is kept apart, so that rows cut off are missed.

alter table delivery add column decided integer not null default 0;

create table origin (
    message integer primary key,
    replay_of text not null,
    batch text not null,
    nonce integer not null,
    edited integer not null,
    who text not null,
    role text not null,
    why text not null
) strict;
create index origin_replay_of on origin (replay_of);

create table audit (
    no integer primary key,
    at_ms integer not null,
    who text not null,
    role text not null,
    action text not null,
    subject text not null,
    why text not null,
    result text not null,
    hash blob not null
) strict;
create index audit_subject on audit (subject, no);

create table audit_head (
    only integer primary key check (only = 1),
    no integer not null,
    hash blob not null
) strict;

create table pause (
    scope text primary key,
    since_ms integer not null,
    who text not null,
    why text not null
) strict;
