//! `paceline report digest`

use crate::ambient::Ambient;
use crate::cli::Global;
use crate::digest::{mail, send, slack};
use crate::web::{App, DigestOf};
use anyhow::{Context, bail};
use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// What a digest is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum As {
    /// Text for a terminal
    Text,
    /// One HTML file with its pictures
    Html,
    /// The whole mail (.eml)
    Eml,
    /// Slack's blocks as JSON
    Slack,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Digest {
    /// One team and those below it
    #[arg(long, value_name = "NAME")]
    team: Option<String>,
    /// One source instead of all real ones
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Weeks that it is about, instead of what dashboards/digest.md says
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=520))]
    weeks: Option<u32>,
    /// The last day [default: the last one of the data]
    #[arg(long, value_name = "DAY")]
    to: Option<NaiveDate>,
    /// What is printed
    #[arg(long = "as", value_name = "FORM", value_enum, default_value_t = As::Text)]
    form: As,
    /// A file instead of the terminal
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Where the pages are, such as https://paceline.example.com; without it there are no links
    #[arg(long, value_name = "URL", env = "PACELINE_URL")]
    server: Option<String>,
    /// Send it through this server: smtps://user:password@host, or smtp://host
    #[arg(long, value_name = "URL", env = "PACELINE_SMTP", hide_env_values = true, requires_all = ["from", "recipient"])]
    smtp: Option<String>,
    /// Who the mail is from: name@example.com or Name <name@example.com>
    #[arg(long, value_name = "ADDRESS", env = "PACELINE_MAIL_FROM", default_value = "paceline@localhost")]
    from: String,
    /// Who gets it; may be given several times
    #[arg(long, value_name = "ADDRESS")]
    recipient: Vec<String>,
    /// Post it to this incoming webhook of Slack
    #[arg(long, value_name = "URL", env = "PACELINE_SLACK", hide_env_values = true)]
    slack: Option<String>,
}

impl Digest {
    pub(in crate::cli) async fn run(self, global: &Global, ambient: &Ambient) -> anyhow::Result<ExitCode> {
        let app = App::new(global.engine()?, ambient.clone());
        let of = DigestOf {
            source: self.source.clone(),
            team: self.team.clone(),
            weeks: self.weeks,
            to: self.to,
            server: self.server.clone(),
        };
        let digest = crate::web::digest(&app, &of).await?;
        let message = || mail::message(&digest, &self.headers(&digest, ambient));
        if let Some(address) = &self.slack {
            post(address, &slack(&digest)).await?;
            eprintln!("posted to Slack");
        }
        if let Some(server) = &self.smtp {
            let sent = send::send(server, &message()?).await?;
            eprintln!("sent to {}", sent.accepted.join(", "));
            for refused in &sent.refused {
                eprintln!("error: {} was refused: {}", refused.address, refused.answer);
            }
            return Ok(if sent.refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(3) });
        }
        if self.slack.is_none() || self.out.is_some() {
            self.write(&match self.form {
                As::Text => message()?.text.into_bytes(),
                As::Html => mail::preview(&digest)?.into_bytes(),
                As::Eml => message()?.bytes,
                As::Slack => serde_json::to_vec_pretty(&slack(&digest))?,
            })?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The same digest has the same id, so that a mail that is sent twice is seen once.
    fn headers(&self, digest: &crate::digest::Digest, ambient: &Ambient) -> mail::Headers {
        let to = if self.recipient.is_empty() { vec![self.from.clone()] } else { self.recipient.clone() };
        let of = format!("{} {} {} {}", digest.scope, digest.period.first, digest.period.last, to.join(" "));
        let domain = self.from.rsplit_once('@').map_or("localhost", |(_, domain)| domain.trim_end_matches('>'));
        let id = blake3::hash(of.as_bytes()).to_hex();
        let message_id = format!("digest.{}.{}@{domain}", digest.period.last, &id[..16]);
        mail::Headers { from: self.from.clone(), to, date: ambient.now(), message_id }
    }

    fn write(&self, bytes: &[u8]) -> anyhow::Result<()> {
        match &self.out {
            Some(path) => std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display())),
            None => {
                let mut out = std::io::stdout().lock();
                out.write_all(bytes)?;
                if !bytes.ends_with(b"\n") {
                    out.write_all(b"\n")?;
                }
                Ok(())
            }
        }
    }
}

/// Posts to an incoming webhook. Its address is a secret, so that no error says it.
async fn post(address: &str, message: &serde_json::Value) -> anyhow::Result<()> {
    let url: reqwest::Url = address.parse().context("--slack is no address of a webhook")?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let request = reqwest::Client::new().post(url).header("content-type", "application/json");
    let sent = request.body(message.to_string()).send().await;
    let answer = sent.map_err(|error| error.without_url()).with_context(|| format!("cannot post to {host}"))?;
    let status = answer.status();
    if !status.is_success() {
        bail!("{host} answered {status}: {}", answer.text().await.unwrap_or_default());
    }
    Ok(())
}
