-- Version 8: the last start of each timetable, which outlives its message.

create table start (
    interface text primary key,
    nominal_ms integer not null
) strict, without rowid;
