//! In: a message. Out: Slack's word for what is wrong with it. Never knows: webhooks.

use serde_json::Value;

const MAX_BLOCKS: usize = 50;
const MAX_HEADER: usize = 150;
const MAX_SECTION: usize = 3000;
const MAX_FIELDS: usize = 10;
const MAX_FIELD: usize = 2000;

pub(super) fn mistake(message: &Value) -> Option<&'static str> {
    let text = message["text"].as_str().unwrap_or_default();
    let Some(blocks) = message.get("blocks") else {
        return text.is_empty().then_some("no_text");
    };
    let fine = blocks.as_array().is_some_and(|blocks| blocks.len() <= MAX_BLOCKS && blocks.iter().all(is_block));
    (!fine).then_some("invalid_blocks")
}

fn is_block(block: &Value) -> bool {
    match block["type"].as_str() {
        Some("header") => is_text(&block["text"], &["plain_text"], MAX_HEADER),
        Some("section") => {
            let fields = block["fields"].as_array();
            let kinds = ["mrkdwn", "plain_text"];
            let fine = fields.is_none_or(|fields| {
                (1..=MAX_FIELDS).contains(&fields.len()) && fields.iter().all(|field| is_text(field, &kinds, MAX_FIELD))
            });
            let text = &block["text"];
            fine && if text.is_null() { fields.is_some() } else { is_text(text, &kinds, MAX_SECTION) }
        }
        Some("context") => block["elements"].as_array().is_some_and(|elements| {
            (1..=10).contains(&elements.len())
                && elements.iter().all(|element| is_text(element, &["mrkdwn", "plain_text"], MAX_SECTION))
        }),
        Some("divider") => true,
        _ => false,
    }
}

fn is_text(value: &Value, kinds: &[&str], most: usize) -> bool {
    let kind = value["type"].as_str().is_some_and(|kind| kinds.contains(&kind));
    kind && value["text"].as_str().is_some_and(|text| (1..=most).contains(&text.chars().count()))
}
