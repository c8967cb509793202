//! Values in the journal: JSON text.
//!
//! In: [`Value`]s and bytes. Out: the other. Never knows: message types.

use crate::{
    format::{Malformed, json},
    value::Value,
};

/// Bytes of a value; none for `Null`.
pub(crate) fn encode(value: &Value) -> Vec<u8> {
    if *value == Value::Null { Vec::new() } else { json::write(value).into_bytes() }
}

/// The value of bytes that [`encode`] wrote, or of a body as it came.
pub(crate) fn decode(bytes: &[u8]) -> Result<Value, Malformed> {
    if bytes.is_empty() { Ok(Value::Null) } else { json::read(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_text_and_fields_their_order() {
        let text = r#"{"b":21.50,"a":[1,"x",true,1000],"c":{"d":12345678901234567890.123}}"#;
        let value = decode(text.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(encode(&value)).unwrap(), text);
        assert_eq!(decode(&encode(&Value::Null)).unwrap(), Value::Null);
    }
}
