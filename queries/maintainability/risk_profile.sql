/*
title      = "Risk profile"
about      = "Cut by risk: share of the lines in functions that stand in functions of cyclomatic complexity up to 10 (low), 20 (moderate), 50 (high) and above (very high), as SIG draws it (Heitlager, Kuipers and Visser 2007). Every file has one fact for each of the four, so that the number without a cut is a quarter whatever the code: read it only by risk. A file that could not be analysed is unknown."
unit       = "share"
statistic  = "ratio"
better     = "neither"
dimensions = ["risk", "repository", "language"]
grain      = "month"
is_stock   = true
*/
WITH profiles AS (
    SELECT sample, path, sum(own_code_lines) AS lines,
           sum(CASE WHEN cyclomatic <= 10 THEN own_code_lines ELSE 0 END) AS low,
           sum(CASE WHEN cyclomatic > 10 AND cyclomatic <= 20 THEN own_code_lines ELSE 0 END) AS moderate,
           sum(CASE WHEN cyclomatic > 20 AND cyclomatic <= 50 THEN own_code_lines ELSE 0 END) AS high,
           sum(CASE WHEN cyclomatic > 50 THEN own_code_lines ELSE 0 END) AS very_high
    FROM code_units
    GROUP BY sample, path
)
SELECT s.sampled_at AS at,
       CASE WHEN s.status = 'analysed' THEN
           coalesce(CASE r.risk WHEN 'low' THEN p.low WHEN 'moderate' THEN p.moderate WHEN 'high' THEN p.high
                    ELSE p.very_high END, 0) END AS numerator,
       CASE WHEN s.status = 'analysed' THEN coalesce(p.lines, 0) END AS denominator,
       r.risk, s.repository, s.language, s.sample, s.path, s.source
FROM code_files s
CROSS JOIN (VALUES ('low'), ('moderate'), ('high'), ('very high')) r(risk)
LEFT JOIN profiles p ON p.sample = s.sample AND p.path = s.path
