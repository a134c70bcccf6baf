/*
title      = "Change lead time"
about      = "Hours from the author date of a commit to the end of the first successful production deployment of the service that reaches it and that no earlier one reached (as git rev-list new ^earlier). Merges and commits of bots are left out. A service's first deployment that is known is left out: what it brought was not new. Unknown where the deployed commit or its history was not collected, where an earlier deployment of an unknown commit may have brought it, and where the author date is after the deployment. Where the catalog gives a service a folder, only commits that change files in it count. The dimension dates says whether author and committer date differ by over a day. After DORA (dora.dev), change lead time."
unit       = "hours"
statistic  = "median"
better     = "lower"
dimensions = ["service", "team", "repository", "component", "environment", "dates"]
entity     = "commits"
*/
SELECT at, lead_hours AS value, service, team, repository, component, environment, dates, sha, source
FROM change_lead_times
