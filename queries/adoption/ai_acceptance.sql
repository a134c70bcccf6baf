/*
title      = "Accepted suggestions"
about      = "Suggestions of code that were accepted per suggestion shown, as the vendor counts both, summed over days. Of Copilot the day's totals of an organisation or, in its older form, the sum over editors, models and languages; counts of single teams are left out, since people in two would be counted twice. A suggestion taken word by word, and one deleted at once, count as accepted: this is no measure of use or of value."
unit       = "share"
statistic  = "ratio"
better     = "neither"
grain      = "week"
dimensions = ["tool", "scope"]
*/
WITH counted AS (
    SELECT tool, scope, day, source,
           sum(CASE WHEN breakdown = '' AND measure = 'code_acceptance_activity_count' THEN value END) AS accepted,
           sum(CASE WHEN breakdown = '' AND measure = 'code_generation_activity_count' THEN value END) AS shown,
           sum(CASE WHEN is_part AND measure = 'total_code_acceptances' THEN value END) AS accepted_in_parts,
           sum(CASE WHEN is_part AND measure = 'total_code_suggestions' THEN value END) AS shown_in_parts
    FROM (
        SELECT *, regexp_like(breakdown, '^section=copilot_ide_code_completions .*language=') AS is_part
        FROM tool_usage WHERE strpos(scope, '/') = 0
    ) GROUP BY tool, scope, day, source
)
-- Where one of the two is not told there is no ratio; more accepted than shown is absurd.
SELECT day AS at, CASE WHEN accepted <= shown THEN accepted END AS numerator, CASE WHEN accepted <= shown THEN shown END AS denominator,
       tool, scope, source
FROM (
    SELECT tool, scope, day, source, coalesce(accepted, accepted_in_parts) AS accepted,
           CASE WHEN accepted IS NOT NULL THEN shown ELSE shown_in_parts END AS shown
    FROM counted
)
WHERE shown > 0
