//! Tokens: personal ones, and those of an app's installation, which are given for a signed statement.

use crate::github_world::rest::page::Reply;
use crate::github_world::world::Time;
use crate::github_world::world::clock::text;
use octocrab::jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;

/// A token that is valid from the start.
pub const TOKEN: &str = "ghp_simulated";
/// The id of the app.
pub const APP_ID: u64 = 77;
/// The id of its installation.
pub const INSTALLATION: u64 = 88;
/// The app's private key; made for these tests and good for nothing else.
pub const APP_KEY: &str = include_str!("app.pem");

#[derive(Clone, Debug)]
pub struct Tokens {
    valid: BTreeSet<String>,
    given: usize,
}

#[derive(Deserialize)]
struct Claims {
    iss: serde_json::Value,
    iat: i64,
    exp: i64,
}

impl Tokens {
    pub fn new() -> Tokens {
        Tokens { valid: BTreeSet::from([TOKEN.to_owned()]), given: 0 }
    }

    /// What is wrong with a header `Authorization`, if anything.
    pub fn refuse(&self, header: Option<&str>) -> Option<Reply> {
        match header {
            None => Some(Reply::error(401, "Requires authentication")),
            Some(header) => (!self.valid.contains(token(header))).then(|| Reply::error(401, "Bad credentials")),
        }
    }

    /// Makes every token invalid.
    pub fn revoke(&mut self) {
        self.valid.clear();
    }

    /// Answers `POST /app/installations/{id}/access_tokens`.
    pub fn give(&mut self, installation: &str, header: Option<&str>, now: Time) -> Reply {
        let key = DecodingKey::from_rsa_pem(include_bytes!("app.pub.pem")).unwrap();
        let mut validation = Validation::new(Algorithm::RS256);
        // Times are checked below, against the world's clock.
        (validation.validate_exp, validation.validate_aud) = (false, false);
        let statement = header.map(token).unwrap_or_default();
        let Ok(claims) = decode::<Claims>(statement, &key, &validation).map(|data| data.claims) else {
            return Reply::error(401, "A JSON web token could not be decoded");
        };
        let issuer = claims.iss.as_str().map_or_else(|| claims.iss.to_string(), str::to_owned);
        if issuer != APP_ID.to_string() {
            return Reply::error(404, "Integration not found");
        }
        let seconds = now.timestamp();
        if claims.exp <= seconds {
            return Reply::error(
                401,
                "'Expiration time' claim ('exp') must be a numeric value representing the future time",
            );
        }
        if claims.exp > seconds + 600 {
            return Reply::error(401, "'Expiration time' claim ('exp') is too far in the future");
        }
        if claims.iat > seconds {
            return Reply::error(
                401,
                "'Issued at' claim ('iat') must be an Integer representing the time that it was issued",
            );
        }
        if installation != INSTALLATION.to_string() {
            return Reply::not_found();
        }
        self.given += 1;
        let token = format!("ghs_simulated_{}", self.given);
        self.valid.insert(token.clone());
        let expires_at = text(now + chrono::TimeDelta::hours(1));
        let body = json!({ "token": token, "expires_at": expires_at, "repository_selection": "all",
            "permissions": { "pull_requests": "read", "issues": "read", "actions": "read" } });
        Reply { status: 201, ..Reply::of(body) }
    }
}

/// The token after `Bearer` or `token`.
fn token(header: &str) -> &str {
    header.split_once(' ').map_or("", |(_, token)| token.trim())
}
