/*
title      = "Code churn"
about      = "Lines added and deleted in a file in a month, as `git log --numstat` counts them, mean over the files that changed: times the number of files it is all lines. Merges, bots, generated and vendored files are left out; a binary file has no lines and is unknown. A fact has the moment of the last of the changes; a file that was renamed within the month counts under both names."
unit       = "lines"
statistic  = "mean"
better     = "neither"
dimensions = ["repository", "language"]
grain      = "month"
*/
SELECT max(f.committed_at) AS at, sum(f.lines_added + f.lines_deleted) AS value, f.repository, f.language, f.path,
       count(*) AS revisions, f.source
FROM commit_files f
JOIN commits c ON c.source = f.source AND c.repository = f.repository AND c.sha = f.sha
WHERE NOT c.is_bot AND NOT c.is_merge AND NOT f.is_generated
GROUP BY date_trunc('month', f.committed_at), f.source, f.repository, f.path, f.language
