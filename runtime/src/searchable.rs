//! Which values of a message operators may look for.
//!
//! In: what its document marks, the message as it came. Out: tokens for the journal. Never knows: stores, keys.

use std::collections::BTreeSet;

use crate::{
    descriptor::{Place, Searchable},
    flow::Input,
    journal::Token,
    value::Value,
};

/// Values of one message that can be looked for; further ones, of a very long list, are not.
const MOST: usize = 1_000;

/// The tokens of a message, each once.
pub(crate) fn tokens(marked: &[Searchable], input: &Input) -> Vec<Token> {
    let mut found = BTreeSet::new();
    for field in marked {
        let mut keep = |value: &str| {
            if found.len() < MOST {
                found.extend(Token::of(field.name, value));
            }
        };
        match field.place {
            Place::Body(pointer) => values(&input.body, pointer.strip_prefix('/'), &mut keep),
            Place::Parameter(parameter) => {
                let given = input.parameters.iter().filter(|(name, _)| name == parameter);
                given.for_each(|(_, value)| keep(value));
            }
        }
    }
    found.into_iter().collect()
}

/// Visits the scalars at a pointer; `*` stands for every item of a list.
fn values(value: &Value, pointer: Option<&str>, keep: &mut impl FnMut(&str)) {
    let Some(pointer) = pointer else {
        return match value {
            Value::Text(text) | Value::Number(text) => keep(text),
            Value::Bool(flag) => keep(if *flag { "true" } else { "false" }),
            Value::List(items) => items.iter().for_each(|item| values(item, None, keep)),
            Value::Null | Value::Record(_) => {}
        };
    };
    let (name, rest) = pointer.split_once('/').map_or((pointer, None), |(name, rest)| (name, Some(rest)));
    match value {
        Value::List(items) if name == "*" => items.iter().for_each(|item| values(item, rest, keep)),
        Value::Record(record) => {
            let name = name.replace("~1", "/").replace("~0", "~");
            if let Some(inner) = record.get(&name) {
                values(inner, rest, keep);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, tokens};
    use crate::{
        descriptor::{Place, Searchable},
        flow::Input,
        format::json,
        journal::Token,
    };

    const MARKED: &[Searchable] = &[
        Searchable { name: "order", place: Place::Body("/order/number") },
        Searchable { name: "material", place: Place::Body("/items/*/a~1b") },
        Searchable { name: "tag", place: Place::Body("/tags") },
        Searchable { name: "id", place: Place::Parameter("id") },
    ];

    fn found(body: &str) -> Vec<Token> {
        let body = json::read(body.as_bytes()).unwrap();
        tokens(MARKED, &Input { body, parameters: vec![("id".to_owned(), "7".to_owned())] })
    }

    #[test]
    fn values_are_found_where_the_document_says() {
        let all = [("order", "4711"), ("material", "M1"), ("material", "M2"), ("tag", "x"), ("tag", "2"), ("id", "7")];
        let mut expect: Vec<_> = all.iter().filter_map(|(name, value)| Token::of(name, value)).collect();
        expect.sort_unstable();
        let body =
            r#"{"order":{"number":4711},"items":[{"a/b":"M1"},{"a/b":"M2"},{"a/b":"m1"},{}],"tags":["x",2,null]}"#;
        assert_eq!(found(body), expect);
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        let only: Vec<_> = Token::of("id", "7").into_iter().collect();
        for body in ["null", "[]", "{}", r#"{"order":5}"#, r#"{"order":{"number":{"deep":1}},"items":{"a/b":1}}"#] {
            assert_eq!(found(body), only, "{body}");
        }
    }

    #[test]
    fn a_very_long_list_has_an_end() {
        let items: Vec<_> = (0..2 * MOST).map(|number| number.to_string()).collect();
        assert_eq!(found(&format!("{{\"tags\":[{}]}}", items.join(","))).len(), MOST);
    }
}
