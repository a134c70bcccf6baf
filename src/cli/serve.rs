//! `paceline serve`

use super::Global;
use crate::ambient::Ambient;
use crate::collect::deliveries::Deliveries;
use crate::collect::{Silent, schedule};
use crate::project::Pipeline;
use crate::query::Engine;
use crate::receive::{self, Doors, Kind};
use crate::store::Store;
use crate::web;
use anyhow::Context;
use axum::Router;
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// How often it is looked whether kept facts are up to date.
const REFRESH_EVERY: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Address of the pages; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7777")]
    pub http: SocketAddr,
    /// Address of the server's own figures for Prometheus, at /metrics
    #[arg(long, value_name = "ADDR")]
    pub admin: Option<SocketAddr>,
    /// What tools that ask for flags must show; without it flags are for this machine alone
    #[arg(long, value_name = "TOKEN", env = "PACELINE_FLAG_TOKEN", hide_env_values = true)]
    pub flag_token: Option<String>,
}

impl Serve {
    pub(super) async fn run(self, global: &Global, ambient: &Ambient) -> anyhow::Result<ExitCode> {
        let project = Arc::new(global.project()?);
        let pipelines: Vec<Pipeline> = project.pipelines.values().cloned().collect();
        let runs = pipelines.iter().any(|pipeline| pipeline.every.is_some());
        let receives = pipelines.iter().any(|pipeline| receive::kind(pipeline).is_some());
        let store = global.store()?;
        if runs || receives {
            // Something will come.
            store.state()?;
        } else {
            Store::open_existing(store.root())?;
        }
        let deliveries = receives.then(|| Deliveries::open(&store, pipelines.clone())).transpose()?.map(Arc::new);
        let doors = deliveries.clone().map(|it| Doors::new(it, ambient.clone(), &pipelines, &global.project));
        for error in doors.iter().flat_map(|(_, errors)| errors) {
            eprintln!("error: {error}");
        }
        let engine = Arc::new(Engine::new(store, project));
        if runs || receives {
            collect_in_background(engine.clone(), ambient.clone(), pipelines, global.project.clone(), deliveries)?;
        }
        let doors = doors.map(|(doors, _)| doors.router()).unwrap_or_default();
        self.serve(engine, ambient, doors).await
    }

    /// Serves the pages, and with them the doors.
    pub(super) async fn serve(self, engine: Arc<Engine>, ambient: &Ambient, doors: Router) -> anyhow::Result<ExitCode> {
        let simulated: Vec<_> = engine.catalogue()?.origins.into_iter().filter(|origin| origin.simulated).collect();
        tokio::spawn(keep_facts(engine.clone()));
        let flags = web::Flags::new(engine.clone(), ambient.clone(), self.flag_token.as_deref());
        tokio::spawn(flags.clone().keep());
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
        let router = doors.merge(flags.router()).merge(web::router(state));
        // Who asks decides whether names are shown.
        let router = router.into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, router).with_graceful_shutdown(interrupted()).await.context("serving")?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Runs pipelines when they are due and brings in what the doors take, on a thread of its own, so that no page waits for a
/// collector. It ends with the process: whatever it was doing is resumed by the next run.
fn collect_in_background(
    engine: Arc<Engine>,
    ambient: Ambient,
    pipelines: Vec<Pipeline>,
    folder: PathBuf,
    deliveries: Option<Arc<Deliveries>>,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let names = |is_meant: &dyn Fn(&Pipeline) -> bool| -> String {
        let names: Vec<&str> = pipelines.iter().filter(|it| is_meant(it)).map(|it| it.name.as_str()).collect();
        names.join(", ")
    };
    let scheduled = names(&|pipeline| pipeline.every.is_some());
    if !scheduled.is_empty() {
        eprintln!("collecting when due: {scheduled}");
    }
    if deliveries.is_some() {
        for (kind, last) in [(Kind::Webhooks, "NAME"), (Kind::Cdevents, "NAME"), (Kind::Events, "TABLE")] {
            let open = names(&|pipeline| receive::kind(pipeline) == Some(kind));
            if !open.is_empty() {
                eprintln!("taking deliveries at {}/{last}: {open}", kind.path());
            }
        }
    }
    std::thread::Builder::new().name("collect".to_owned()).stack_size(16 << 20).spawn(move || {
        let hear = async |pipeline: &Pipeline, run| super::collect::hear(&engine, &ambient, pipeline, run).await;
        let (store, deliveries) = (engine.store(), deliveries.as_deref());
        runtime.block_on(schedule::watch(store, &ambient, &Silent, &pipelines, &folder, deliveries, hear));
    })?;
    Ok(())
}

/// Brings kept facts up to date when tables changed. Pages read the tables themselves until then.
async fn keep_facts(engine: Arc<Engine>) {
    let mut seen = Vec::new();
    loop {
        let versions = engine.store().versions().unwrap_or_default();
        if engine.store().refreshes().is_some() && versions != seen {
            match engine.refresh_kept().await {
                Ok(done) => {
                    seen = versions;
                    for (metric, error) in done.iter().filter_map(|it| Some((&it.metric, it.error.as_ref()?))) {
                        tracing::warn!("facts of {metric}: {error}");
                    }
                }
                Err(error) => tracing::warn!("facts of metrics: {error}"),
            }
        }
        tokio::time::sleep(REFRESH_EVERY).await;
    }
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}; name another with --http"))
}

async fn interrupted() {
    // Without a signal handler the process dies of the signal, which stops it too.
    drop(tokio::signal::ctrl_c().await);
}
