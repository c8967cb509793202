-- Version 4: encryption at rest. Data keys are kept only wrapped; one that was destroyed leaves its row behind, without the
-- key, so that what it sealed is known to be erased and not taken for damaged.

create table data_key (
    id text primary key,
    interface text not null,
    day integer not null,
    kek text not null,
    wrapped blob,
    at_ms integer not null
) strict, without rowid;
create index data_key_day on data_key (interface, day);
