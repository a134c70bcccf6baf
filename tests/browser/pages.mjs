// The pages of the data folder `demo`: a real repository and a simulated organisation.

const sql = (text) => `/sql?sql=${encodeURIComponent(text)}`;

/** `simulated`: whether the page shows anything that does not exist, and must say so. */
export const PAGES = [
  { name: "overview", path: "/", simulated: false },
  { name: "overview-acme", path: "/?source=acme", simulated: true },
  { name: "compare", path: "/compare?source=acme", simulated: true },
  { name: "teams", path: "/teams?source=acme", simulated: true },
  { name: "team", path: "/teams/checkout?source=acme", simulated: true },
  { name: "other-period", path: "/flow?source=acme&from=2026-08-01&to=2026-10-31", simulated: true },
  { name: "wrong-period", path: "/compare?from=2026-13-01", simulated: false },
  { name: "delivery", path: "/delivery?source=acme", simulated: true },
  { name: "flow", path: "/flow?source=acme", simulated: true },
  { name: "maintainability", path: "/maintainability", simulated: false },
  { name: "support", path: "/support?source=acme", simulated: true },
  { name: "adoption", path: "/adoption?source=acme", simulated: true },
  { name: "digest", path: "/digest?source=acme", simulated: true },
  { name: "digest-team", path: "/digest?source=acme&team=checkout&weeks=12", simulated: true },
  { name: "find", path: "/find?q=review", simulated: false },
  { name: "golden-paths", path: "/golden-paths?source=acme", simulated: true },
  { name: "metrics", path: "/metrics", simulated: false },
  { name: "metric", path: "/metrics/pr_cycle_time?source=acme", simulated: true },
  { name: "metric-real", path: "/metrics/commit_cadence", simulated: false },
  { name: "collectors", path: "/collectors", simulated: true },
  { name: "identities", path: "/identities", simulated: true },
  { name: "sql", path: "/sql", simulated: true },
  {
    name: "sql-answer",
    path: sql("SELECT team, title, merged_at, lines_added FROM pull_requests WHERE merged_at IS NOT NULL ORDER BY 3 DESC LIMIT 12"),
    simulated: true,
  },
  { name: "sql-wrong", path: sql("SELECT nope FROM commits"), simulated: true },
  { name: "experiments", path: "/experiments", simulated: true },
  { name: "experiments-ended", path: "/experiments?state=ended", simulated: true },
  { name: "experiment", path: "/experiments/review_assistant", simulated: true },
  { name: "missing", path: "/nothing", status: 404, simulated: false },
];

/** Pages of a data folder without a simulated source. */
export const REAL_PATHS = ["/", "/maintainability", "/metrics", "/metrics/commit_cadence", "/sql", sql("SELECT 1 AS one"), "/experiments", "/collectors", "/identities"];
