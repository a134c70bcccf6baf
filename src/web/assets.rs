//! Style sheet, script and icon, embedded.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

const FILES: [(&str, &str, &str); 3] = [
    ("paceline.css", "text/css; charset=utf-8", include_str!("assets/paceline.css")),
    ("paceline.js", "text/javascript; charset=utf-8", include_str!("assets/paceline.js")),
    ("icon.svg", "image/svg+xml", include_str!("assets/icon.svg")),
];

pub(super) async fn serve(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(file, _, _)| *file == name) {
        Some((_, kind, text)) => {
            ([(header::CONTENT_TYPE, *kind), (header::CACHE_CONTROL, "max-age=3600")], *text).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
