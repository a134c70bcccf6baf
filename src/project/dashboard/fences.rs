//! Where the fenced blocks of a Markdown text are.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// A fenced block with an info string.
pub(super) struct Fence {
    pub whole: Range<usize>,
    pub info: String,
    pub inside: Range<usize>,
}

/// The blocks that name something, in order. Places are of the whole text.
pub(super) fn fences(text: &str, body: Range<usize>) -> Vec<Fence> {
    let mut fences = Vec::new();
    let mut open: Option<Fence> = None;
    for (event, range) in Parser::new_ext(&text[body.clone()], Options::empty()).into_offset_iter() {
        let range = body.start + range.start..body.start + range.end;
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) if !info.is_empty() => {
                open = Some(Fence { inside: range.end..range.end, whole: range, info: info.trim().to_owned() });
            }
            Event::Text(_) => {
                if let Some(fence) = &mut open {
                    let start = fence.inside.start.min(range.start);
                    fence.inside = start..range.end;
                }
            }
            Event::End(TagEnd::CodeBlock) => fences.extend(open.take()),
            _ => {}
        }
    }
    fences
}
