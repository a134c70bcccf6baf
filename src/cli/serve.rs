//! `paceline serve`

use super::Global;
use crate::ambient::Ambient;
use crate::collect::{Silent, schedule};
use crate::project::Pipeline;
use crate::query::Engine;
use crate::store::Store;
use crate::web;
use anyhow::Context;
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Address of the pages; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7777")]
    pub http: SocketAddr,
    /// Address of the server's own figures for Prometheus, at /metrics
    #[arg(long, value_name = "ADDR")]
    pub admin: Option<SocketAddr>,
}

impl Serve {
    pub(super) async fn run(self, global: &Global, ambient: &Ambient) -> anyhow::Result<ExitCode> {
        let engine = global.engine()?;
        let scheduled: Vec<Pipeline> =
            engine.project().pipelines.values().filter(|pipeline| pipeline.every.is_some()).cloned().collect();
        if !scheduled.is_empty() {
            collect_in_background(engine.store().clone(), ambient.clone(), scheduled, global.project.clone())?;
        }
        self.serve(engine, ambient).await
    }

    pub(super) async fn serve(self, engine: Arc<Engine>, ambient: &Ambient) -> anyhow::Result<ExitCode> {
        let simulated: Vec<_> = engine.catalogue()?.origins.into_iter().filter(|origin| origin.simulated).collect();
        let state = web::App::new(engine, ambient.clone());
        let listener = bind(self.http).await?;
        if let Some(address) = self.admin {
            let admin = bind(address).await?;
            eprintln!("figures on http://{}/metrics", admin.local_addr()?);
            let router = web::admin(state.clone());
            tokio::spawn(async move { axum::serve(admin, router).await });
        }
        let address = listener.local_addr()?;
        eprintln!("serving http://{address} (Ctrl-C stops)");
        for origin in simulated {
            eprintln!("simulated organisation: http://{address}/?source={}", origin.source);
        }
        axum::serve(listener, web::router(state)).with_graceful_shutdown(interrupted()).await.context("serving")?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Runs pipelines when they are due, on a thread of its own, so that no page waits for a collector. It ends with the process:
/// whatever it was doing is resumed by the next run.
fn collect_in_background(
    store: Store,
    ambient: Ambient,
    pipelines: Vec<Pipeline>,
    folder: PathBuf,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let names: Vec<&str> = pipelines.iter().map(|pipeline| pipeline.name.as_str()).collect();
    eprintln!("collecting when due: {}", names.join(", "));
    std::thread::Builder::new().name("collect".to_owned()).stack_size(16 << 20).spawn(move || {
        runtime.block_on(schedule::watch(&store, &ambient, &Silent, &pipelines, &folder, super::collect::hear));
    })?;
    Ok(())
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}; name another with --http"))
}

async fn interrupted() {
    // Without a signal handler the process dies of the signal, which stops it too.
    drop(tokio::signal::ctrl_c().await);
}
