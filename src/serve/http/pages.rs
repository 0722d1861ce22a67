//! The pages for people, and what belongs to them.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;

use super::served::{Served, Unchecked};
use crate::serve::daemon::Daemon;
use crate::serve::engine::Busy;
use crate::serve::history::SubjectKey;
use crate::serve::page;
use crate::serve::settings::ServeSettings;

pub(super) fn routes() -> Router<Arc<Served>> {
    Router::new()
        .route("/", get(async |State(served): State<Arc<Served>>| Html(page::front(&served.daemon))))
        .route("/target", get(detail))
        .route("/check", get(check))
        .route("/static/page.css", get(async || typed("text/css; charset=utf-8", page::style())))
        .route("/static/page.js", get(async || typed("text/javascript; charset=utf-8", page::script().to_owned())))
}

fn typed(kind: &'static str, text: String) -> Response {
    ([("content-type", kind), ("cache-control", "no-cache")], text).into_response()
}

#[derive(Debug, Deserialize)]
struct SubjectQuery {
    #[serde(default)]
    target: String,
    #[serde(default)]
    module: String,
}

impl SubjectQuery {
    /// What is meant: where no module is named, the one of all requests that name none.
    fn key(self) -> SubjectKey {
        let module = if self.module.is_empty() { ServeSettings::DEFAULT_MODULE.to_owned() } else { self.module };
        SubjectKey { target: self.target.trim().to_owned(), module }
    }
}

async fn detail(State(served): State<Arc<Served>>, Query(asked): Query<SubjectQuery>) -> Response {
    let key = asked.key();
    if let Some(page) = page::detail(&served.daemon, &key) {
        return Html(page).into_response();
    }
    let why = "Nothing is known of this target: it has not been checked yet, or not for long.";
    refused(&served.daemon, StatusCode::NOT_FOUND, &key, why)
}

fn refused(daemon: &Daemon, status: StatusCode, key: &SubjectKey, why: &str) -> Response {
    (status, Html(page::refusal(daemon, &key.target, &key.module, why))).into_response()
}

/// A person waits for the answer, and browsers give up after some minutes.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Checks a target now, and leads to the page about it.
async fn check(State(served): State<Arc<Served>>, Query(asked): Query<SubjectQuery>) -> Response {
    let key = asked.key();
    let refused = |status, why: &str| refused(&served.daemon, status, &key, why);
    let settings = served.daemon.settings();
    let Some(module) = settings.modules.get(&key.module) else {
        return refused(StatusCode::BAD_REQUEST, &format!("There is no module {:?}.", key.module));
    };
    let targets = match module.targets(&key.target) {
        Ok(targets) => targets,
        Err(why) => return refused(StatusCode::BAD_REQUEST, &why),
    };
    match served.check(&settings, module, &key.target, targets, module.limit.min(LONGEST_WAIT)).await {
        Ok(_) => Redirect::to(&page::detail_path(&key)).into_response(),
        Err(Unchecked::NotAllowed) => {
            let why = "This target may not be checked from here: it is not on the list of allowed targets (--allow).";
            refused(StatusCode::FORBIDDEN, why)
        }
        Err(Unchecked::Busy(Busy::Full | Busy::NoTime)) => {
            refused(StatusCode::TOO_MANY_REQUESTS, "Too many checks are waiting already. Try again in a minute.")
        }
        Err(Unchecked::Busy(Busy::Unusable)) => {
            let why = "Nothing was checked, through a fault of the service itself; its log says more.";
            refused(StatusCode::INTERNAL_SERVER_ERROR, why)
        }
    }
}
