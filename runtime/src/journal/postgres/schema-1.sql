-- Layout: wide rows that never change (message, body, reply, attempt) in partitions by day, dropped as a whole; narrow rows
-- that do change (progress, delivery) in one table each with room left in its pages, so that an update stays in its page
-- and touches no index (HOT) until the message ends. Times are milliseconds since 1970. Version 1.
--
-- The number of a message holds the day of its acceptance in its upper bits: day * 2^34 + place within the day. So a
-- number alone leads to one partition, and the order of numbers is the order of acceptance.

create table meta (
    name text primary key,
    value bigint not null
);

-- Days that have partitions: those of a day take numbers from a sequence of that day.
create table day (
    day integer primary key
);

create table message (
    seq bigint not null,
    id text not null,
    lane smallint not null,
    interface text not null,
    digest text not null,
    principal text not null,
    order_key text,
    traceparent text not null,
    request_id text not null,
    parameters text not null,
    accepted_ms bigint not null,
    size bigint not null,
    primary key (seq)
) partition by range (seq);
create index message_id on message (id);
create index message_interface on message (interface, seq);
-- Costs next to nothing to keep: for lists of a time, and for what is past its time.
create index message_accepted on message using brin (accepted_ms) with (pages_per_range = 16, autosummarize = on);

create table body (
    message bigint not null,
    raw bytea not null,
    sha256 bytea not null,
    primary key (message)
) partition by range (message);

-- What messages can be looked for by: a token is looked up in each day.
create table searchable (
    message bigint not null,
    token bytea not null,
    primary key (token, message)
) partition by range (message);
create index searchable_message on searchable (message);

create table reply (
    message bigint not null,
    step text not null,
    bytes bytea not null,
    primary key (message, step)
) partition by range (message);

create table attempt (
    message bigint not null,
    step text not null,
    n integer not null,
    class text not null,
    status integer,
    start_ms bigint not null,
    end_ms bigint not null,
    note text not null,
    excerpt text not null,
    primary key (message, step, n)
) partition by range (message);

create table answer (
    message bigint not null,
    status integer not null,
    body bytea not null,
    primary key (message)
) partition by range (message);

-- `handed`: accepted by an instance that does not own the lane; its owner has not seen it yet.
create table progress (
    message bigint primary key,
    lane smallint not null,
    handed boolean not null,
    state text not null,
    reason text,
    detail text not null default '',
    due_ms bigint,
    crashes integer not null default 0,
    lease integer not null default 0,
    gap boolean not null default false,
    mark text,
    ended_ms bigint
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
create index progress_open on progress (lane, message) where ended_ms is null;
create index progress_handed on progress (lane) where handed;
create index progress_mark on progress (lane, message) where mark is not null;

create table delivery (
    id bigint generated always as identity,
    message bigint not null,
    step text not null,
    system text not null,
    operation text not null,
    done boolean not null default false,
    doubt boolean not null default false,
    decided boolean not null default false,
    tries integer not null default 0,
    attempts integer not null default 0,
    class text,
    status integer,
    start_ms bigint,
    end_ms bigint,
    excerpt text not null default '',
    note text not null default '',
    primary key (message, step)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

-- Not partitioned: a unique index over partitions by day would be unique within a day only.
create table idem (
    interface text not null,
    principal text not null,
    key_hash bytea not null,
    body_hash bytea not null,
    message bigint not null,
    id text not null,
    at_ms bigint not null,
    expires_ms bigint not null,
    primary key (interface, principal, key_hash)
) with (autovacuum_vacuum_scale_factor = 0.02);
create index idem_expires on idem (expires_ms);

create table dead (
    message bigint primary key,
    sentence text not null,
    class text,
    step text not null,
    system text not null,
    operation text not null,
    tries integer not null,
    mapped bytea,
    field_errors text not null,
    at_ms bigint not null
);

create table origin (
    message bigint primary key,
    replay_of text not null,
    batch text not null,
    nonce integer not null,
    edited boolean not null,
    who text not null,
    role text not null,
    why text not null
);
create index origin_replay_of on origin (replay_of);

create table audit (
    no bigint primary key,
    at_ms bigint not null,
    who text not null,
    role text not null,
    action text not null,
    subject text not null,
    why text not null,
    result text not null,
    hash bytea not null
);
create index audit_subject on audit (subject, no);

-- The end of the audit log; whoever appends locks this row first.
create table audit_head (
    single boolean primary key check (single),
    no bigint not null,
    hash bytea not null
);
insert into audit_head values (true, 0, decode(repeat('00', 32), 'hex'));

create table pause (
    scope text primary key,
    since_ms bigint not null,
    who text not null,
    why text not null
);

-- One that was destroyed leaves its row behind, without the key.
create table data_key (
    id text primary key,
    interface text not null,
    day bigint not null,
    kek text not null,
    wrapped bytea,
    at_ms bigint not null
);
create index data_key_day on data_key (interface, day);

create table calls (
    day bigint not null,
    system text not null,
    calls bigint not null,
    primary key (day, system)
);

create table incident (
    dedup_key text primary key,
    firing boolean not null,
    last_ms bigint not null,
    record text not null
);

create table post (
    id text primary key,
    channel text not null,
    state text not null,
    tries integer not null,
    due_ms bigint not null,
    created_ms bigint not null,
    error text not null,
    record text not null
);
create index post_pending on post (due_ms) where state = 'PENDING';

-- One row per running process. Its writer locks it in every transaction and counts them: whether a commit whose reply
-- was lost has been made is read here, and nobody takes a lane from a process in the middle of a transaction.
create table instance (
    id text primary key,
    commits bigint not null,
    seen_at timestamptz not null
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

create table lane (
    no smallint primary key,
    owner text,
    epoch bigint not null,
    expires_at timestamptz not null
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
insert into lane select no, null, 0, '-infinity' from generate_series(0, 63) no;

-- Who is there: for fair shares.
create table member (
    id text primary key,
    expires_at timestamptz not null
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
