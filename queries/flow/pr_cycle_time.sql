/*
title      = "PR cycle time"
about      = "Hours from the first commit to the merge. Bots and reverts are left out."
unit       = "hours"
statistic  = "median"
better     = "lower"
dimensions = ["team", "repository", "size"]
*/
SELECT merged_at AS at, hours_between(first_commit_at, merged_at) AS value, team, repository,
       CASE WHEN lines_added + lines_deleted < 10 THEN 'XS' WHEN lines_added + lines_deleted < 50 THEN 'S'
            WHEN lines_added + lines_deleted < 250 THEN 'M' WHEN lines_added + lines_deleted < 1000 THEN 'L'
            WHEN lines_added + lines_deleted >= 1000 THEN 'XL' END AS size
FROM pull_requests
WHERE merged_at IS NOT NULL AND NOT is_bot AND NOT is_revert
