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
), tickets_by_key AS (
    SELECT upper(source_key) AS key, min(kind) AS kind FROM tickets WHERE source_key IS NOT NULL GROUP BY upper(source_key)
), pulls AS (
    SELECT p.repository, p.number, p.author_id, p.created_at, p.merged_at, p.merge_sha, p.repository || '#' || p.number AS item,
           coalesce(investment_category(p.title, p.labels, t.kind, p.repository), 'unlinked') AS category
    FROM pull_requests p
    LEFT JOIN tickets_by_key t ON t.key = (regexp_match(p.title, '\b([A-Z][A-Z0-9_]+-[0-9]+)\b'))[1]
    WHERE NOT p.is_bot
), loose AS (
    -- A commit that is in a pull request, or is what one was merged as, is worked on as the pull request.
    SELECT c.author_id, c.authored_at, c.subject, c.repository, c.sha, coalesce(c.repository || '#' || i.number, m.item) AS item
    FROM commits c
    LEFT JOIN (SELECT repository, sha, min(number) AS number FROM in_pulls GROUP BY repository, sha) i
         ON i.repository = c.repository AND i.sha = c.sha
    LEFT JOIN (SELECT repository, merge_sha, min(item) AS item FROM pulls WHERE merge_sha IS NOT NULL GROUP BY repository, merge_sha) m
         ON m.repository = c.repository AND m.merge_sha = c.sha
    WHERE NOT c.is_bot AND NOT c.is_merge
), touched AS (
    SELECT author_id AS person_id, created_at AS at, item, category FROM pulls
    UNION ALL SELECT author_id, merged_at, item, category FROM pulls
    UNION ALL
    SELECT c.author_id, c.authored_at, p.item, p.category
    FROM in_pulls c
    JOIN people who ON who.person_id = c.author_id AND NOT who.is_bot
    JOIN pulls p ON p.repository = c.repository AND p.number = c.number
    UNION ALL
    SELECT c.author_id, c.authored_at, p.item, p.category FROM loose c JOIN pulls p ON p.item = c.item
    UNION ALL
    SELECT c.author_id, c.authored_at, c.repository || '@' || c.sha,
           coalesce(investment_category(c.subject, CAST(NULL AS VARCHAR), t.kind, c.repository), 'unlinked')
    FROM loose c
    LEFT JOIN tickets_by_key t ON t.key = (regexp_match(c.subject, '\b([A-Z][A-Z0-9_]+-[0-9]+)\b'))[1]
    WHERE c.item IS NULL
), weeks AS (
    -- Where sources differ about an item, one category is taken.
    SELECT person_id, date_trunc('week', at) AS week, item, min(category) AS category
    FROM touched WHERE person_id IS NOT NULL AND at IS NOT NULL
    GROUP BY person_id, date_trunc('week', at), item
), spent AS (
    SELECT person_id, week, category, count(*) AS items FROM weeks GROUP BY person_id, week, category
), known AS (
    SELECT DISTINCT category FROM touched WHERE person_id IS NOT NULL AND at IS NOT NULL
), shares AS (
    -- Nothing in the categories of the others is known as well.
    SELECT s.person_id, s.week, k.category, sum(s.items) AS items,
           sum(CASE WHEN s.category = k.category THEN s.items ELSE 0 END) AS of_category
    FROM spent s CROSS JOIN known k
    GROUP BY s.person_id, s.week, k.category
)
SELECT s.week AS at, CAST(s.of_category AS DOUBLE) / s.items AS numerator, 1.0 AS denominator, s.category, w.team, w.team_shares
FROM shares s
LEFT JOIN engineer_weeks w ON w.person_id = s.person_id AND w.week = s.week
