/*
title      = "Fragmentation"
about      = "1 − Σ (a/n)² over the developers of a file, a being the revisions of one and n of all in the 365 days before a sample (D'Ambros, Lanza and Gall 2005, the fractal value): 0 where one works on it, towards 1 the more share it. Median over the files that changed. A renamed file keeps its history; several identities of a person are one developer, and everybody who is not known is one. Bots, generated and vendored files are left out."
unit       = "points"
statistic  = "median"
better     = "neither"
dimensions = ["repository", "language"]
grain      = "month"
is_stock   = true
entity     = "snapshot_files"
*/
SELECT s.sampled_at AS at, 1 - e.squares / (e.revisions * e.revisions) AS value, s.repository, s.language, s.sample, s.path,
       s.source
FROM snapshot_files s
JOIN (
    SELECT source, repository, sampled_at, path, CAST(sum(revisions) AS DOUBLE) AS revisions,
           CAST(sum(revisions * revisions) AS DOUBLE) AS squares
    FROM file_efforts
    GROUP BY source, repository, sampled_at, path
) e ON e.source = s.source AND e.repository = s.repository AND e.sampled_at = s.sampled_at AND e.path = s.path
