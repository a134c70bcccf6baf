//! OpenFeature's own providers, of Python, of Node servers and of web pages, and flagd's reader of files.

use super::organisation::{FLAGS, Organisation};
use crate::python::with_packages_of;
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// A flag, the tool's own default, and who asks.
type Ask = (String, Value, String);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    value: Value,
    variant: Option<String>,
    error_code: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Client {
    Python,
    Server,
    Web,
    /// Reads the file, and asks nobody.
    Flagd,
}

const PROVIDERS: [Client; 3] = [Client::Python, Client::Server, Client::Web];

/// What every client has to say of everybody: the value and the variant, or the tool's own default and none.
fn everybody(organisation: &Organisation) -> Vec<(Ask, Option<String>)> {
    let people = organisation.teams.iter();
    let teams = organisation.assigned[FLAGS[0]].keys().map(|team| (team, team));
    let mut asks = Vec::new();
    for (key, team) in people.chain(teams) {
        let bool_variant = organisation.variant("review-assistant", team);
        // A default that is not what the team drew.
        let default = json!(bool_variant != "assistant");
        asks.push((("review-assistant".to_owned(), default, key.clone()), Some(bool_variant.to_owned())));
        let variant = organisation.variant("wording", team).to_owned();
        asks.push((("wording".to_owned(), json!("the tool's own"), key.clone()), Some(variant)));
        asks.push((("over".to_owned(), json!("the tool's own"), key.clone()), None));
    }
    for default in [true, false] {
        asks.push((("review-assistant".to_owned(), json!(default), "somebody-else".to_owned()), None));
    }
    asks.push((("wording".to_owned(), json!("the tool's own"), "dev-00011".to_owned()), None));
    asks
}

fn assert_expected(client: Client, asks: &[(Ask, Option<String>)], answers: &[Answer]) {
    assert_eq!(asks.len(), answers.len(), "{client:?}");
    for ((ask, variant), answer) in asks.iter().zip(answers) {
        let (flag, default, _) = ask;
        let value = match (flag.as_str(), variant) {
            (_, None) => default.clone(),
            ("review-assistant", Some(variant)) => json!(variant == "assistant"),
            (_, Some(variant)) => json!(variant),
        };
        assert_eq!((&answer.value, &answer.variant), (&value, variant), "{client:?} {ask:?} {answer:?}");
    }
}

#[test]
fn every_client_and_the_file_give_people_and_teams_what_their_team_drew() {
    let organisation = Organisation::new();
    let server = organisation.serve();
    assert!(organisation.teams.len() > 60, "{} people", organisation.teams.len());
    let variants = |team: &str| ["review-assistant", "wording"].map(|flag| organisation.variant(flag, team));
    let mut moved = organisation.moved.iter();
    let is_told_apart = moved.any(|(login, now)| variants(now) != variants(&organisation.teams[login]));
    assert!(is_told_apart, "nobody moved between variants, so that nothing shows whose team counts");
    let asks = everybody(&organisation);
    for client in PROVIDERS {
        let Some(answers) = ask(client, &server.address, &[], Value::Null, &asks) else { continue };
        assert_expected(client, &asks, &answers);
        let (flag, login) = ("no-such-flag".to_owned(), organisation.teams.keys().next().unwrap());
        let asks = [((flag, json!("the tool's own"), login.clone()), None)];
        let answers = ask(client, &server.address, &[], Value::Null, &asks).unwrap();
        assert_expected(client, &asks, &answers);
        assert_eq!(answers[0].error_code.as_deref(), Some("FLAG_NOT_FOUND"), "{client:?}");
    }
    let file = organisation.product.run(["experiment", "flags"]).succeeded().stdout;
    let file: Value = serde_json::from_slice(&file).unwrap();
    let Some(answers) = ask(Client::Flagd, "", &[], file, &asks) else { return };
    assert_expected(Client::Flagd, &asks, &answers);
}

#[test]
fn clients_with_the_token_are_answered_and_others_have_their_default() {
    let organisation = Organisation::new();
    let server = organisation.serve_with_token("t0ken");
    let (login, team) = organisation.teams.iter().next().unwrap();
    let variant = organisation.variant("wording", team).to_owned();
    let question = ("wording".to_owned(), json!("the tool's own"), login.clone());
    for client in PROVIDERS {
        for headers in [[("Authorization", "Bearer t0ken")], [("X-API-Key", "t0ken")]] {
            let asks = [(question.clone(), Some(variant.clone()))];
            let Some(answers) = ask(client, &server.address, &headers, Value::Null, &asks) else { continue };
            assert_expected(client, &asks, &answers);
        }
        for headers in [&[][..], &[("Authorization", "Bearer another")]] {
            let asks = [(question.clone(), None)];
            let Some(answers) = ask(client, &server.address, headers, Value::Null, &asks) else { continue };
            assert_expected(client, &asks, &answers);
            assert!(answers[0].error_code.is_some(), "{client:?} {headers:?}: {answers:?}");
        }
    }
}

/// What a client answers; nothing, said, where its packages cannot be had.
fn ask(
    client: Client,
    address: &str,
    headers: &[(&str, &str)],
    file: Value,
    asks: &[(Ask, Option<String>)],
) -> Option<Vec<Answer>> {
    let mut command = match client {
        Client::Python => {
            let mut python = Command::new(python()?);
            python.arg(folder().join("ask.py"));
            python
        }
        Client::Server | Client::Web | Client::Flagd => {
            let mut node = Command::new("node");
            node.arg(node_tools()?.join("ask.mjs")).arg(format!("{client:?}").to_lowercase());
            node
        }
    };
    let headers: serde_json::Map<String, Value> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let asks: Vec<&Ask> = asks.iter().map(|it| &it.0).collect();
    let question = json!({ "url": format!("http://{address}"), "headers": headers, "file": file, "asks": asks });
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(question.to_string().as_bytes()).unwrap();
    let answers = child.wait_with_output().unwrap();
    assert!(answers.status.success(), "{client:?}");
    Some(serde_json::from_slice(&answers.stdout).unwrap())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ofrep")
}

fn node_tools() -> Option<PathBuf> {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    let written = |name: &str| folder().join(name).metadata().and_then(|it| it.modified()).ok();
    let is_current = || written("node_modules/.package-lock.json") >= written("package-lock.json");
    let install = || {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]).current_dir(folder());
        npm.status().is_ok_and(|status| status.success())
    };
    if !*INSTALLED.get_or_init(|| is_current() || install()) {
        eprintln!("skipped: npm ci in tests/ofrep failed; npm's providers are not asked");
        return None;
    }
    Some(folder())
}

/// Python with the packages of tests/ofrep/requirements.txt.
fn python() -> Option<&'static PathBuf> {
    static INSTALLED: OnceLock<Option<PathBuf>> = OnceLock::new();
    INSTALLED.get_or_init(|| with_packages_of(&folder())).as_ref()
}
