/*
title      = "Change coupling"
about      = "Commits that changed both of two files over the average number of commits that changed either, in the 365 days before a sample; 90th percentile over the pairs with at least 5 such commits in common and 5 on average (degree and limits are those of Tornhill's code-maat; that it goes with defects: D'Ambros, Lanza and Robbes 2009). Commits that change over 30 files, merges and bots are left out, and so are generated, vendored and deleted files. A renamed file keeps its history."
unit       = "share"
statistic  = "p90"
better     = "lower"
dimensions = ["repository"]
grain      = "month"
is_stock   = true
*/
SELECT sampled_at AS at, coupling AS value, repository, path, coupled_path, shared, revisions, coupled_revisions, source
FROM change_couplings(5, 5, 30)
