//! Style sheet, script and icon, embedded.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::OnceLock;

pub(super) const FILES: [(&str, &str, &str); 3] = [
    ("paceline.css", "text/css; charset=utf-8", include_str!("assets/paceline.css")),
    ("paceline.js", "text/javascript; charset=utf-8", include_str!("assets/paceline.js")),
    ("icon.svg", "image/svg+xml", include_str!("assets/icon.svg")),
];

/// Changes when a file does, so that a browser never shows a page in an older version's clothes.
pub(super) fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| {
        let all: String = FILES.iter().map(|(_, _, text)| *text).collect();
        blake3::hash(all.as_bytes()).to_hex()[..8].to_owned()
    })
}

pub(super) async fn serve(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(file, _, _)| *file == name) {
        Some((_, kind, text)) => {
            ([(header::CONTENT_TYPE, *kind), (header::CACHE_CONTROL, "max-age=86400")], *text).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
