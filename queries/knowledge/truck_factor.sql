/*
title      = "Truck factor"
about      = "How many people have to leave, the author of most files first, until more than half of a repository's source files have no author (Avelino and others 2016). An author has a degree of authorship of at least 3.293 and three quarters of the file's best: 3.293 + 1.098 for creating it + 0.164 × own changes − 0.321 × ln(1 + others' changes). Renames are followed; generated files and those that no person changed are left out. The median over repositories."
unit       = "people"
statistic  = "median"
better     = "higher"
dimensions = ["repository"]
grain      = "month"
is_stock   = true
*/
SELECT sampled_at AS at, factor AS value, repository
FROM truck_factors
