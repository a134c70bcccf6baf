/*
title      = "Change lead time of merged pull requests"
about      = "Hours from a merged pull request's first commit to the first successful production deployment that is known to have brought it, as Kaplan and Meier estimate it (1958): a pull request that no service of its repository has deployed yet counts as not deployed until the deployments' source was last watched. Bots and reverts are left out. By the moment of the merge. Unknown where the first commit or the merged commit is not known, where the first commit is dated after the merge, where it came with a service's first known deployment or after one of an unknown commit, where nothing is deployed from its repository, and where it was deployed before it was merged."
unit       = "hours"
statistic  = "survival"
better     = "lower"
dimensions = ["team", "repository", "component"]
entity     = "pull_requests"
*/
SELECT p.merged_at AS at,
       CASE WHEN p.first_commit_at > p.merged_at THEN NULL
            WHEN p.delivery = 'deployed' THEN CASE WHEN p.deployed_at >= p.merged_at THEN hours_between(p.first_commit_at, p.deployed_at) END
            WHEN p.delivery = 'waiting' THEN hours_between(p.first_commit_at, greatest(o.until, p.merged_at)) END AS value,
       p.delivery = 'deployed' AS observed, p.team, p.team_shares, p.repository, p.component, p.number, p.source
FROM pull_requests p
LEFT JOIN observed o ON o.source = p.watched_source
WHERE p.merged_at IS NOT NULL AND NOT p.is_bot AND NOT p.is_revert
