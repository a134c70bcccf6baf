//! Choosing streams in the catalog that a tap finds by itself.

use super::SingerPipeline;
use crate::collect::program::start;
use crate::collect::{CollectError, Result};
use crate::project::closest;
use serde_json::{Value, json};
use std::io::Read;
use std::path::{Path, PathBuf};

/// A larger catalog is not read, bytes.
const BYTES: u64 = 256 << 20;

/// The tap's catalog with the streams of `select` chosen, each with all its fields, and no other.
pub(super) async fn selected(keys: &SingerPipeline, folder: &Path, arguments: &[String]) -> Result<String> {
    let wrong = |message: String| CollectError::Source { path: PathBuf::from(&keys.program.run[0]), message };
    let mut all = arguments.to_vec();
    all.push("--discover".to_owned());
    let (mut running, printed) = start(&keys.program, folder, &all)?;
    let work = move || {
        let mut text = Vec::new();
        let read = printed.take(BYTES).read_to_end(&mut text);
        read.map_err(|error| CollectError::Stopped(error.to_string()))?;
        running.finish().map(|()| text)
    };
    let text = tokio::task::spawn_blocking(work).await.map_err(|error| CollectError::Stopped(error.to_string()))??;
    let mut catalog: Value =
        serde_json::from_slice(&text).map_err(|error| wrong(format!("--discover printed no catalog: {error}")))?;
    let streams = catalog["streams"].as_array_mut();
    let streams = streams.ok_or_else(|| wrong("--discover printed a catalog without streams".to_owned()))?;
    select(streams, &keys.select).map_err(wrong)?;
    Ok(catalog.to_string())
}

fn select(streams: &mut [Value], wanted: &[String]) -> Result<(), String> {
    let names: Vec<String> = streams.iter().flat_map(names).collect();
    if let Some(unknown) = wanted.iter().find(|name| !names.contains(name)) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let meant = closest(unknown, &names).map(|meant| format!("; did you mean {meant}?"));
        return Err(format!("the tap has no stream {unknown}{}", meant.unwrap_or_default()));
    }
    for stream in streams {
        let is_wanted = names_of(stream, wanted);
        stream["selected"] = is_wanted.into();
        stream["schema"]["selected"] = is_wanted.into();
        let entries = stream["metadata"].as_array_mut();
        let mut has_root = false;
        for entry in entries.into_iter().flatten() {
            let is_root = entry["breadcrumb"].as_array().is_some_and(Vec::is_empty);
            has_root |= is_root;
            let is_had = entry["metadata"]["inclusion"] != "unsupported";
            entry["metadata"]["selected"] = (is_wanted && is_had).into();
        }
        if !has_root {
            let root = json!({ "breadcrumb": [], "metadata": { "selected": is_wanted } });
            match stream["metadata"].as_array_mut() {
                Some(entries) => entries.push(root),
                None => stream["metadata"] = json!([root]),
            }
        }
    }
    Ok(())
}

fn names(stream: &Value) -> Vec<String> {
    ["stream", "tap_stream_id"].iter().filter_map(|key| Some(stream[key].as_str()?.to_owned())).collect()
}

fn names_of(stream: &Value, wanted: &[String]) -> bool {
    names(stream).iter().any(|name| wanted.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_streams_are_chosen_with_their_fields() {
        let field = |name: &str, inclusion: &str| json!({ "breadcrumb": ["properties", name], "metadata": { "inclusion": inclusion } });
        let mut streams = [
            json!({ "stream": "a", "tap_stream_id": "x-a", "schema": {}, "metadata": [field("i", "available"), field("j", "unsupported")] }),
            json!({ "stream": "b", "schema": {}, "metadata": [{ "breadcrumb": [], "metadata": { "selected": true } }] }),
        ];
        select(&mut streams, &["a".to_owned()]).unwrap();
        let selected = |entry: &Value| entry["metadata"]["selected"].as_bool();
        let all = |stream: &Value| stream["metadata"].as_array().unwrap().iter().map(selected).collect::<Vec<_>>();
        assert_eq!(all(&streams[0]), [Some(true), Some(false), Some(true)]);
        assert_eq!(all(&streams[1]), [Some(false)]);
        let wrong = select(&mut streams, &["issue".to_owned()]).unwrap_err();
        assert_eq!(wrong, "the tap has no stream issue");
    }
}
