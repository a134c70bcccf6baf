/*
title      = "Hotspot score"
about      = "Revisions of a file in the 365 days before a sample times its cyclomatic complexity, 90th percentile over the files that changed. Bots and generated files are left out."
unit       = "points"
statistic  = "p90"
better     = "lower"
dimensions = ["repository", "language"]
grain      = "month"
is_stock   = true
*/
SELECT s.sampled_at AS at, count(*) * max(s.cyclomatic) AS value, s.repository, s.path, s.language,
       count(*) AS revisions, max(s.cyclomatic) AS complexity, max(s.code_lines) AS lines
FROM code_files s
JOIN commit_files f ON f.repository = s.repository AND f.path = s.path
                   AND f.committed_at <= s.sampled_at AND f.committed_at > s.sampled_at - INTERVAL '365 days'
JOIN commits c ON c.repository = f.repository AND c.sha = f.sha
WHERE s.status = 'analysed' AND NOT c.is_bot AND NOT f.is_generated
GROUP BY s.repository, s.sampled_at, s.path, s.language
