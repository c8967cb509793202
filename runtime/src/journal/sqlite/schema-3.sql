-- Version 3: leases, what the end of a message means for the later ones of its order key, calls of the day.

alter table progress add column lease integer not null default 0;
alter table progress add column gap integer not null default 0;
alter table progress add column mark text;
create index progress_mark on progress (message) where mark is not null;

create table calls (
    day integer not null,
    system text not null,
    calls integer not null,
    primary key (day, system)
) strict, without rowid;
