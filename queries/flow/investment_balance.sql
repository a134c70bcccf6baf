/*
title      = "Investment balance"
about      = "What share of a team's effort went into a category of work. A person's week counts as one and is split equally over what the person worked on in it: pull requests that were opened or merged or got a commit, and commits that are in none. The category is that of the first rule of investment.toml that holds, by the ticket that the title names, labels, or the type of commit; what no rule knows is unlinked. Cut it by category: without a cut it is one by the number of categories. Weeks from Monday in UTC belong to the team of the first activity; merges and bots are left out."
unit       = "share"
statistic  = "ratio"
better     = "neither"
dimensions = ["category", "team"]
*/
WITH in_pulls AS (
    SELECT c.repository, c.sha, c.author_id, c.authored_at, min(c.pull_request) AS number
    FROM pull_request_commits c GROUP BY c.repository, c.sha, c.author_id, c.authored_at
), pulls AS (
    SELECT p.*, p.repository || '#' || p.number AS item FROM pull_requests p WHERE NOT p.is_bot
), touched AS (
    SELECT author_id AS person_id, created_at AS at, item FROM pulls
    UNION ALL SELECT author_id, merged_at, item FROM pulls
    UNION ALL
    SELECT c.author_id, c.authored_at, c.repository || '#' || c.number
    FROM in_pulls c JOIN people who ON who.person_id = c.author_id AND NOT who.is_bot
    UNION ALL
    -- A commit that is in a pull request, or is what one was merged as, is worked on as the pull request.
    SELECT c.author_id, c.authored_at,
           coalesce(c.repository || '#' || i.number, m.item, c.repository || '@' || c.sha)
    FROM commits c
    LEFT JOIN (SELECT repository, sha, min(number) AS number FROM in_pulls GROUP BY repository, sha) i
         ON i.repository = c.repository AND i.sha = c.sha
    LEFT JOIN (SELECT repository, merge_sha, min(item) AS item FROM pulls GROUP BY repository, merge_sha) m
         ON m.repository = c.repository AND m.merge_sha = c.sha
    WHERE NOT c.is_bot AND NOT c.is_merge
), work AS (
    SELECT item, min(title) AS subject, min(labels) AS labels, min(repository) AS repository FROM pulls GROUP BY item
    UNION ALL
    SELECT repository || '@' || sha, min(subject), CAST(NULL AS VARCHAR), min(repository)
    FROM commits WHERE NOT is_bot AND NOT is_merge GROUP BY repository, sha
), tickets_by_key AS (
    SELECT upper(source_key) AS key, min(kind) AS kind FROM tickets WHERE source_key IS NOT NULL GROUP BY upper(source_key)
), categories AS (
    SELECT w.item, coalesce(investment_category(w.subject, w.labels, t.kind, w.repository), 'unlinked') AS category
    FROM work w
    LEFT JOIN tickets_by_key t ON t.key = (regexp_match(w.subject, '\b([A-Z][A-Z0-9_]+-[0-9]+)\b'))[1]
), weeks AS (
    SELECT DISTINCT t.person_id, date_trunc('week', t.at) AS week, t.item, c.category
    FROM touched t JOIN categories c ON c.item = t.item
    WHERE t.person_id IS NOT NULL AND t.at IS NOT NULL
), spent AS (
    SELECT person_id, week, category, count(*) AS items FROM weeks GROUP BY person_id, week, category
), totals AS (
    SELECT person_id, week, sum(items) AS items FROM spent GROUP BY person_id, week
)
SELECT t.week AS at, coalesce(CAST(s.items AS DOUBLE), 0) / t.items AS numerator, 1.0 AS denominator, k.category, w.team, w.team_shares
FROM totals t
CROSS JOIN (SELECT DISTINCT category FROM spent) k
LEFT JOIN spent s ON s.person_id = t.person_id AND s.week = t.week AND s.category = k.category
LEFT JOIN engineer_weeks w ON w.person_id = t.person_id AND w.week = t.week
