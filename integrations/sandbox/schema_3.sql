-- What Prometheus was asked, and what people have it answer.

CREATE TABLE prometheus_queries (
  query    TEXT PRIMARY KEY,
  value    REAL,             -- what a person has set; NULL for the sample
  set_at   INTEGER NOT NULL, -- since when; 0 for the sample
  asked_at INTEGER NOT NULL  -- last; 0 for never
) STRICT;
