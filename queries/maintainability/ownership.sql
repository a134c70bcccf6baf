/*
title      = "Ownership"
about      = "Share of the lines added to a file in the 365 days before a sample that came from its main author, median over the files that changed. Bots and generated files are left out."
unit       = "share"
statistic  = "median"
better     = "neither"
dimensions = ["repository", "language"]
grain      = "month"
is_stock   = true
*/
SELECT at, max(lines) / sum(lines) AS value, repository, language
FROM (
    SELECT s.sampled_at AS at, s.repository, s.path, s.language, c.author_id, CAST(sum(f.lines_added) AS DOUBLE) AS lines
    FROM snapshot_files s
    JOIN commit_files f ON f.repository = s.repository AND f.path = s.path
                       AND f.committed_at <= s.sampled_at AND f.committed_at > s.sampled_at - INTERVAL '365 days'
    JOIN commits c ON c.repository = f.repository AND c.sha = f.sha
    WHERE NOT c.is_bot AND NOT f.is_generated
    GROUP BY s.sampled_at, s.repository, s.path, s.language, c.author_id
)
GROUP BY at, repository, path, language
HAVING sum(lines) > 0
