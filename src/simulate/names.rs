//! Names that nobody bears: teams, repositories, logins and titles.

const TEAMS: [&str; 40] = [
    "accounts",
    "ads",
    "analytics",
    "billing",
    "catalog",
    "chat",
    "checkout",
    "content",
    "delivery",
    "devices",
    "docs",
    "experiments",
    "feed",
    "fraud",
    "growth",
    "identity",
    "images",
    "insights",
    "inventory",
    "ledger",
    "library",
    "maps",
    "media",
    "messaging",
    "mobile",
    "notifications",
    "orders",
    "payments",
    "playback",
    "pricing",
    "profiles",
    "recommendations",
    "reporting",
    "returns",
    "search",
    "sessions",
    "shipping",
    "storage",
    "streaming",
    "subscriptions",
];

/// Areas above the teams.
pub const AREAS: [&str; 4] = ["area-consumer", "area-core", "area-data", "area-partner"];

/// What a team's repositories hold, the busiest first.
pub const REPOSITORY_KINDS: [&str; 4] = ["api", "web", "jobs", "lib"];

const VERBS: [&str; 12] =
    ["Add", "Cache", "Drop", "Extract", "Fix", "Guard", "Log", "Measure", "Move", "Rename", "Simplify", "Speed up"];
const THINGS: [&str; 16] = [
    "batch size",
    "client",
    "config loader",
    "cursor",
    "error message",
    "event schema",
    "feature flag",
    "health check",
    "index",
    "migration",
    "pagination",
    "rate limit",
    "retry",
    "session handling",
    "test fixture",
    "time-out",
];
const PACKAGES: [&str; 8] = ["arrow", "axum", "gradle", "jackson", "react", "serde", "tokio", "vite"];

/// The bot that keeps dependencies up to date.
pub const BOT: &str = "renovate[bot]";

/// Short name of team `index`. Letters first, so that `ads2` sorts after `ads-…` and repositories keep their teams' order.
pub fn team(index: u32) -> String {
    let stem = TEAMS[index as usize % TEAMS.len()];
    match index as usize / TEAMS.len() {
        0 => stem.into(),
        round => format!("{stem}{}", round + 1),
    }
}

/// Login of person `index`.
pub fn login(person: u32) -> String {
    format!("dev-{:04}", person + 1)
}

/// A pull request's title from one uniform number.
pub fn title(is_bot: bool, is_revert: bool, choice: f64) -> String {
    let pick = (choice * 65_536.0) as usize;
    if is_bot {
        return format!("Update {} to {}.{}", PACKAGES[pick % 8], 1 + pick / 8 % 9, pick / 72 % 30);
    }
    let plain = format!("{} {}", VERBS[pick % 12], THINGS[pick / 12 % 16]);
    if is_revert { format!("Revert \"{plain}\"") } else { plain }
}

/// The organisation's host name under the reserved `.example`.
pub fn host(organisation: &str) -> String {
    let mut label: String =
        organisation.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect();
    if label.is_empty() {
        label.push_str("organisation");
    }
    format!("{label}.example")
}
