/*
title      = "Maintainability index (radon)"
about      = "Per file 100/171 × (171 − 5.2 ln V − 0.23 G − 16.2 ln L + 50 sin √(2.46 C)), cut off at 0 and 100, with V and G the Halstead volume and the cyclomatic complexity of the whole file, L its statements and C the lines with a comment per line with code in percent, taken for degrees and turned into radians: the formula of radon 6.0, on the counts that are made here, which are not radon's. 100 where V or L is 0. Weighted by code lines. A file that could not be analysed, or was before statements were counted, is unknown. Variants of the index differ widely: compare only with itself."
unit       = "points"
statistic  = "ratio"
better     = "higher"
dimensions = ["repository", "language"]
grain      = "month"
is_stock   = true
entity     = "snapshot_files"
*/
SELECT sampled_at AS at,
       CASE WHEN logical_lines IS NULL OR halstead_volume IS NULL THEN NULL
            WHEN halstead_volume <= 0 OR logical_lines <= 0 THEN 100.0
            ELSE least(100, greatest(0, 100.0 / 171 * (
                171 - 5.2 * ln(halstead_volume) - 0.23 * cyclomatic - 16.2 * ln(logical_lines)
                + 50 * sin(sqrt(2.46 * radians(100.0 * comment_lines / greatest(code_lines, 1))))))) END * code_lines AS numerator,
       code_lines AS denominator, repository, language, sample, path, source
FROM code_files
WHERE status <> 'analysed' OR code_lines > 0
