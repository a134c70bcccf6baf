/*
title      = "Campaign progress"
about      = "Share of the components that a campaign is about which pass all that it asks for, as it was at the end of each week from its start; of a whole period the newest week counts. A component fails where one check fails and is unknown where none fails and one could not be told. It goes on after the day it was due. Without a cut by campaign every pair of a campaign and a component is one."
unit       = "share"
statistic  = "share"
better     = "higher"
dimensions = ["campaign", "team", "component"]
is_stock   = true
sampled_of = "campaign"
*/
SELECT week AS at, passed AS value, campaign, team, entity AS component, source
FROM campaign_weeks
