//! Formats as data: text in, tree or reason out, and back.

use proptest::prelude::*;

use super::*;
use crate::value::{Record, Value};

fn tree(text: &str) -> Value {
    json::read(text.as_bytes()).unwrap()
}

#[test]
fn json_keeps_numbers_as_written() {
    for text in
        [r#"{"a":620.00,"b":[1e+3,-0,12345678901234567890.123],"c":"é\n\"\\","d":null,"e":true,"f":{}}"#, "1", "\"\""]
    {
        assert_eq!(json::write(&tree(text)), text);
    }
    assert_eq!(tree(" { \"a\" : 1.50 } "), tree("{\"a\":1.50}"));
    assert_eq!(json::write(&Value::Text("\u{1}\u{7f}".to_owned())), "\"\\u0001\u{7f}\"");
}

#[test]
fn json_refuses_what_two_readers_could_read_differently() {
    let check = |text: &str, expect: &str| match json::read(text.as_bytes()) {
        Ok(value) => panic!("{text} was read as {value:?}"),
        Err(malformed) => assert_eq!(malformed.to_string(), expect),
    };
    check("", "EOF while parsing a value (line 1, column 0)");
    check("{\"a\":1,\n \"a\":2}", "a field of this name came before (line 2, column 7)");
    check("{\"a\":1} x", "trailing characters (line 1, column 9)");
    check("{\"a\":01}", "invalid number (line 1, column 7)");
    check("[1,]", "trailing comma (line 1, column 4)");
    check("NaN", "expected value (line 1, column 1)");
    check(r#"{"$serde_json::private::Number":"1x"}"#, "not a number (line 1, column 37)");
    assert!(json::read(b"\"\xff\"").is_err());
    assert!(json::read(b"\"\\ud800\"").is_err());
    let many: Vec<String> = (0..40).map(|n| format!("\"f{}\":1", n % 39)).collect();
    assert!(json::read(format!("{{{}}}", many.join(",")).as_bytes()).is_err());
}

#[test]
fn json_is_bounded() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(json::read(nested(MAX_DEPTH).as_bytes()).is_ok());
    let deep = json::read(nested(MAX_DEPTH + 2).as_bytes()).unwrap_err();
    assert!(deep.reason.starts_with("nested deeper than 64 levels"), "{deep}");
    let wide = format!("[{}1]", "1,".repeat(MAX_VALUES + 1));
    assert!(json::read(wide.as_bytes()).unwrap_err().reason.starts_with("more than 1000000 values"));
}

fn xml_tree(text: &str) -> String {
    match xml::read(text.as_bytes()) {
        Ok(element) => json::write(&element.to_value()),
        Err(malformed) => malformed.to_string(),
    }
}

#[test]
fn xml_becomes_a_tree() {
    let check = |text: &str, expect: &str| assert_eq!(xml_tree(text), expect, "{text}");
    check("<a/>", "\"\"");
    check("<?xml version=\"1.0\"?>\n<a> x </a>\n", "\" x \"");
    check("<a><b>1</b><c>2</c><b>3</b></a>", r#"{"b":["1","3"],"c":"2"}"#);
    check("<a>\n  <t><item>1</item></t>\n</a>", r#"{"t":["1"]}"#);
    check("<a><t><item><x>1</x></item><item/></t></a>", r#"{"t":[{"x":"1"},""]}"#);
    check("<p:a xmlns:p=\"urn:x\" z=\"1\"><p:b>&lt;&#233;&amp;</p:b></p:a>", r#"{"b":"<é&"}"#);
    check("<a><![CDATA[<b>]]><!-- no --></a>", "\"<b>\"");
    check("\u{feff}<a>x</a>", "\"x\"");
}

#[test]
fn xml_refuses_what_is_dangerous_or_broken() {
    let check = |text: &str, expect: &str| {
        let found = xml_tree(text);
        assert!(found.starts_with(expect), "{text}: {found}");
    };
    check("<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "a document type is not accepted");
    check("<a>&x;</a>", "entities other than the five of XML are not accepted");
    check("<a><b></a></b>", "ill-formed document");
    check("<a>", "an element is not closed");
    check("", "there is no element");
    check("<a/><b/>", "a second root element");
    check("x<a/>", "text outside of the root element");
    check("<a>&#0;</a>", "a character reference that names no character");
    check("<p:a/>", "a prefix without namespace");
    check(&"<a>".repeat(MAX_DEPTH + 1), "nested deeper than 64 levels");
    check("<?xml version=\"1.0\" encoding=\"utf-7\"?><a/>", "an encoding other than UTF-8 and ISO 8859-1");
}

#[test]
fn xml_decodes_by_its_declaration() {
    let latin = b"<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><a>\xe9</a>";
    assert_eq!(xml::read(latin).unwrap().text, "é");
    assert_eq!(xml::read(b"<a>\xe9</a>").unwrap_err().reason, "not UTF-8");
}

#[test]
fn csv_is_written_by_rfc_4180() {
    let rows = tree(
        r#"[{"MATERIAL":"0053H-8C3","NAME":"A;\"B\"","QUANTITY":-140.500},{"MATERIAL":"=cmd()","NAME":"two\r\nlines"},{"NAME":"@x","QUANTITY":"-1"}]"#,
    );
    let text = csv::write(&rows, ';', &["MATERIAL", "NAME", "QUANTITY"]).unwrap();
    assert_eq!(
        String::from_utf8(text).unwrap(),
        "MATERIAL;NAME;QUANTITY\r\n0053H-8C3;\"A;\"\"B\"\"\";-140.500\r\n'=cmd();\"two\r\nlines\";\r\n;'@x;'-1\r\n"
    );
    assert_eq!(csv::write(&tree("[]"), ',', &["A"]).unwrap(), b"A\r\n");
    for wrong in ["{}", "[1]", r#"[{"A":[]}]"#] {
        assert!(csv::write(&tree(wrong), ',', &["A"]).is_err(), "{wrong}");
    }
}

const RECEIPT: &str =
    r#"{"HEADER":{"REF_DOC_NO":"AR-1001","DESCRIPTION":"a < b & c"},"ITEM":[{"QUANTITY":21.5}],"FLAG":""}"#;

#[test]
fn soap_calls_are_built_as_the_rfc_handler_wants_them() {
    assert_eq!(
        soap::call("/BIC/Z_CONF", &tree(RECEIPT)),
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body>\
         <u:_-BIC_-Z_CONF xmlns:u=\"urn:sap-com:document:sap:rfc:functions\"><HEADER><REF_DOC_NO>AR-1001</REF_DOC_NO>\
         <DESCRIPTION>a &lt; b &amp; c</DESCRIPTION></HEADER><ITEM><item><QUANTITY>21.5</QUANTITY></item></ITEM><FLAG/><RETURN/>\
         </u:_-BIC_-Z_CONF></e:Body></e:Envelope>"
    );
    let call = soap::call("Z", &tree(RECEIPT));
    let body = xml::read(call.as_bytes()).unwrap();
    let function = body.child_in(soap::ENVELOPE, "Body").and_then(|body| body.child_in(soap::FUNCTIONS, "Z")).unwrap();
    assert_eq!(function.child("HEADER").and_then(|header| header.child("DESCRIPTION")).unwrap().text, "a < b & c");
}

#[test]
fn soap_replies_are_read_by_namespace() {
    let envelope = |prefix: &str, body: &str| {
        format!(
            "<{prefix}:Envelope xmlns:{prefix}=\"{}\"><{prefix}:Body>{body}</{prefix}:Body></{prefix}:Envelope>",
            soap::ENVELOPE
        )
    };
    let check = |text: &str, expect: &str| {
        let found = match soap::read("Z_CONF", text.as_bytes()) {
            Ok(soap::Reply::Result(tree)) => json::write(&tree),
            Ok(soap::Reply::Fault(fault)) => format!("{fault:?}"),
            Err(malformed) => malformed.reason,
        };
        assert_eq!(found, expect, "{text}");
    };
    let functions = soap::FUNCTIONS;
    for (prefix, name) in [("SOAP-ENV", "Z_CONF.Response"), ("soap-env", "Z_CONFResponse"), ("ppp", "Z_CONF.Response")]
    {
        let body = format!(
            "<r:{name} xmlns:r=\"{functions}\"><EV>5000</EV><RETURN><item><TYPE>S</TYPE></item></RETURN></r:{name}>"
        );
        check(&envelope(prefix, &body), r#"{"EV":"5000","RETURN":[{"TYPE":"S"}]}"#);
    }
    check(&envelope("s", &format!("<r:Z_CONF.Response xmlns:r=\"{functions}\"/>")), "{}");
    check(&envelope("s", "<r:Z_CONF.Response xmlns:r=\"urn:other\"/>"), "an envelope that answers another function");
    check(
        &envelope("s", &format!("<r:Z_CONFUSED xmlns:r=\"{functions}\"/>")),
        "an envelope that answers another function",
    );
    check(
        &envelope("s", "<s:Fault><faultcode>s:Server</faultcode><faultstring>RABAX</faultstring><detail/></s:Fault>"),
        r#"Fault { code: "Server", text: "RABAX", exception: None }"#,
    );
    let exception = format!(
        "<s:Fault><faultcode>s:Client</faultcode><faultstring>X</faultstring><detail><n:Z_CONF.Exception xmlns:n=\"{functions}\">\
         <Name>NOT_FOUND</Name></n:Z_CONF.Exception></detail></s:Fault>"
    );
    check(&envelope("s", &exception), r#"Fault { code: "Client", text: "X", exception: Some("NOT_FOUND") }"#);
    check("<html/>", "not a SOAP 1.1 envelope");
}

#[test]
fn masking_reaches_into_lists_and_hides_what_cannot_be_read() {
    let body = r#"{"name":"Ann","lines":[{"email":"a@x.org","n":1}],"token":null}"#;
    let pointers = &["/name", "/lines/*/email", "/token", "/absent"];
    assert_eq!(
        json::write(&mask::masked(&tree(body), pointers)),
        r#"{"name":"***","lines":[{"email":"***","n":1}],"token":null}"#
    );
    assert_eq!(
        json::write(&mask::masked(&tree(body), &["/lines/email"])),
        json::write(&mask::masked(&tree(body), &["/lines/*/email"]))
    );
    assert_eq!(
        mask::excerpt(b"Ann", &Value::Null, &["/name"], 100),
        "(3 bytes, not shown: the reply may hold sensitive fields)"
    );
    assert_eq!(mask::excerpt("é".repeat(9).as_bytes(), &Value::Null, &[], 5), "éé\u{fffd}".get(..4).unwrap());
}

/// Any tree of moderate size.
fn any_tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|number| Value::Number(number.to_string())),
        "\\PC{0,12}".prop_map(Value::Text),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::List),
            proptest::collection::btree_map("\\PC{0,6}", inner, 0..6).prop_map(|fields| {
                let mut record = Record::new();
                fields.into_iter().for_each(|(name, value)| record.push(name, value));
                Value::Record(record)
            }),
        ]
    })
}

proptest! {
    #[test]
    fn readers_never_panic(bytes in any::<Vec<u8>>(), text in "[<>&;/a!\\[\\]\"={}:,0-9. -]{0,80}") {
        for input in [bytes.as_slice(), text.as_bytes()] {
            let _ = json::read(input);
            let _ = xml::read(input).map(|element| element.to_value());
            let _ = soap::read("Z", input);
        }
    }

    #[test]
    fn json_reads_back_what_it_writes(value in any_tree()) {
        prop_assert_eq!(json::read(json::write(&value).as_bytes()).unwrap(), value);
    }

    #[test]
    fn xml_reads_back_text(text in "\\PC{0,60}") {
        let mut out = String::new();
        xml::write_element("a", &Value::Text(text.clone()), &mut out);
        prop_assert_eq!(xml::read(out.as_bytes()).unwrap().text, text);
    }

    #[test]
    fn csv_reads_back_with_another_reader(cells in proptest::collection::vec("[ -~\r\n;\"]{0,20}", 2)) {
        let mut row = Record::new();
        row.push("A".to_owned(), Value::Text(cells[0].clone()));
        row.push("B".to_owned(), Value::Text(cells[1].clone()));
        let bytes = csv::write(&Value::List(vec![Value::Record(row)]), ';', &["A", "B"]).unwrap();
        let mut reader = ::csv::ReaderBuilder::new().delimiter(b';').from_reader(bytes.as_slice());
        let record = reader.records().next().unwrap().unwrap();
        for (read, cell) in record.iter().zip(&cells) {
            prop_assert_eq!(read.strip_prefix('\'').unwrap_or(read), cell.strip_prefix('\'').unwrap_or(cell));
        }
    }
}
