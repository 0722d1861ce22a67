//! Which path leads where.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};

use super::probe;
use crate::serve::daemon::Daemon;
use crate::serve::page;

/// All that is answered.
pub(super) fn router(daemon: Arc<Daemon>) -> Router {
    Router::new()
        .route("/", get(front_page))
        .route("/probe", get(probe::probe))
        .route("/metrics", get(metrics))
        .route("/-/healthy", get(async || "mailprobe is healthy.\n"))
        .route("/-/reload", post(reload))
        .with_state(daemon)
}

async fn front_page(State(daemon): State<Arc<Daemon>>) -> Html<String> {
    Html(page::render(&daemon))
}

async fn metrics(State(daemon): State<Arc<Daemon>>) -> Response {
    ([("content-type", "text/plain; version=0.0.4; charset=utf-8")], daemon.telemetry.text(&daemon.engine))
        .into_response()
}

async fn reload(State(daemon): State<Arc<Daemon>>) -> Response {
    match daemon.reload() {
        Ok(()) => "The configuration was read again.\n".into_response(),
        Err(mistake) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{mistake}\n")).into_response(),
    }
}
