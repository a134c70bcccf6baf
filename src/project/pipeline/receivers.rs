//! Pipelines that ask nobody and take what is sent: `type = "webhooks"`, `"cdevents"` and `"events"`.

use super::super::diagnostic::Diagnostic;
use super::super::files::{Content, Place};
use super::super::toml_text;
use super::Secret;
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

/// Deliveries of a sender that has no pipeline type of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhooksPipeline {
    /// How the sender proves who it is.
    pub signature: Signature,
    /// What it signs with.
    pub webhook_secret: Secret,
    /// Another pipeline that a delivery makes due, with the place that names it.
    pub runs: Option<(String, Place)>,
}

/// Events in the vocabulary of <https://cdevents.dev>.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CdeventsPipeline {
    pub proof: Proof,
}

/// Rows of any table, as whoever has the token sends them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventsPipeline {
    /// What decides that a request is this pipeline's.
    pub token: Secret,
}

/// How a sender proves who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// By a signature of Standard Webhooks with this secret.
    Signed(Secret),
    /// By showing this token.
    Token(Secret),
}

/// How a sender signs what it delivers.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Signature {
    Github,
    Gitlab,
    /// Jira and Bitbucket.
    Jira,
    Pagerduty,
    /// <https://www.standardwebhooks.com>
    Standard,
    Zendesk,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WebhooksKeys {
    #[serde(rename = "type")]
    _kind: String,
    signature: Signature,
    webhook_secret: Secret,
    runs: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CdeventsKeys {
    #[serde(rename = "type")]
    kind: Spanned<String>,
    webhook_secret: Option<Secret>,
    token: Option<Secret>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventsKeys {
    #[serde(rename = "type")]
    _kind: String,
    token: Secret,
}

pub(super) fn webhooks(content: &Content, whole: Range<usize>) -> Result<WebhooksPipeline, Diagnostic> {
    let keys: WebhooksKeys = toml_text::parse(content, whole)?;
    let runs = keys.runs.map(|name| {
        let place = content.place(name.span().start);
        (name.into_inner(), place)
    });
    Ok(WebhooksPipeline { signature: keys.signature, webhook_secret: keys.webhook_secret, runs })
}

pub(super) fn cdevents(content: &Content, whole: Range<usize>) -> Result<CdeventsPipeline, Diagnostic> {
    let keys: CdeventsKeys = toml_text::parse(content, whole)?;
    let proof = match (keys.webhook_secret, keys.token) {
        (Some(secret), None) => Proof::Signed(secret),
        (None, Some(token)) => Proof::Token(token),
        _ => {
            let message = "takes one of webhook_secret = { env = \"NAME\" } and token = { env = \"NAME\" }";
            return Err(content.diagnostic(keys.kind.span(), message.to_owned(), None));
        }
    };
    Ok(CdeventsPipeline { proof })
}

pub(super) fn events(content: &Content, whole: Range<usize>) -> Result<EventsPipeline, Diagnostic> {
    let keys: EventsKeys = toml_text::parse(content, whole)?;
    Ok(EventsPipeline { token: keys.token })
}

#[cfg(test)]
mod tests {
    use crate::project::pipeline::parse;
    use crate::project::{Content, PipelineKind, Proof, Secret, Signature};

    fn read(text: &str) -> Result<PipelineKind, String> {
        let content = Content { file: "pipelines/x.toml".to_owned(), text: text.to_owned(), embedded: false };
        parse(&content, &Default::default()).map(|it| it.kind).map_err(|errors| errors[0].to_string())
    }

    #[test]
    fn each_says_how_its_sender_is_known() {
        let secret = |name: &str| Secret::Env(name.to_owned());
        let text = "type = \"webhooks\"\nsignature = \"zendesk\"\nwebhook_secret = { env = \"S\" }\nruns = \"desk\"\n";
        let Ok(PipelineKind::Webhooks(keys)) = read(text) else { panic!("{text}") };
        assert_eq!((keys.signature, keys.webhook_secret), (Signature::Zendesk, secret("S")));
        assert_eq!(keys.runs.map(|(name, place)| (name, place.line)), Some(("desk".to_owned(), 4)));
        let Ok(PipelineKind::Cdevents(keys)) = read("type = \"cdevents\"\ntoken = { env = \"T\" }\n") else { panic!() };
        assert_eq!(keys.proof, Proof::Token(secret("T")));
        let Ok(PipelineKind::Events(keys)) = read("type = \"events\"\ntoken = { env = \"T\" }\n") else { panic!() };
        assert_eq!(keys.token, secret("T"));
    }

    #[test]
    fn what_is_wrong_is_said_at_its_place() {
        let cases = [
            ("type = \"cdevents\"\n", "pipelines/x.toml:1:8: takes one of webhook_secret"),
            ("type = \"events\"\n", "missing field `token`"),
            ("type = \"events\"\ntoken = \"abc\"\n", "a secret does not stand in this file"),
            ("type = \"webhooks\"\nsignature = \"gitlub\"\nwebhook_secret = { env = \"S\" }\n", "did you mean gitlab?"),
        ];
        for (text, words) in cases {
            let said = read(text).unwrap_err();
            assert!(said.contains(words) && !said.contains("abc"), "{said}");
        }
    }
}
