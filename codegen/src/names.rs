//! Names in Rust for names in documents.
//!
//! In: text as an architect or a partner system wrote it. Out: Rust identifiers by fixed rules, and [`Scope`], which
//! refuses two names that become one. Never knows: what is being named, or where it is printed.
//!
//! The rules, in order:
//! 1. Letters of the Latin script lose their diacritics (`Bestellgröße` → `bestellgroesse`); letters of other scripts
//!    are spelled by code point (`価` → `u4fa1`); `&`, `+`, `%`, `@` are words (`and`, `plus`, `percent`, `at`);
//!    everything else separates words.
//! 2. Words also begin where camel case says so (`srmPoNumber` → `srm po number`, `EVConfirmation` → `ev confirmation`);
//!    digits stay with the letters before them (`SRM7`, `V2`) and with the letters behind them if they begin the word (`11VMS`).
//! 3. A name that would begin with a digit gets `n` in front (`11VMS` → `n11vms`, `N11vms`).
//! 4. A keyword gets `_` behind it (`type` → `type_`).
//! 5. A name without any letter or digit is spelled by code points (`*` → `u2a`); an empty one is `empty`.

use std::collections::BTreeMap;

use catalog::model::Span;

/// `snake_case`: modules, functions, variables, fields.
#[must_use]
pub(crate) fn snake(text: &str) -> String {
    unreserved(from_digit(words(text).join("_"), 'n'))
}

/// `snake_case`, for a variable of a flow; names that the function itself uses get `_` behind them.
#[must_use]
pub(crate) fn local(text: &str) -> String {
    let name = snake(text);
    if FLOW_NAMES.contains(&name.as_str()) { name + "_" } else { name }
}

/// `UpperCamel`: types and variants.
#[must_use]
pub(crate) fn camel(text: &str) -> String {
    let name: String = words(text).iter().map(|word| capitalised(word)).collect();
    unreserved(from_digit(name, 'N'))
}

/// `SCREAMING_SNAKE`: statics.
#[must_use]
pub(crate) fn constant(text: &str) -> String {
    from_digit(words(text).join("_").to_uppercase(), 'N')
}

/// `kebab-case`: packages.
#[must_use]
pub(crate) fn kebab(text: &str) -> String {
    words(text).join("-")
}

/// Where a name was written: for the diagnostic when two collide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    /// As it stands in the document.
    pub(crate) text: String,
    /// The document.
    pub(crate) path: String,
    /// Where in it.
    pub(crate) span: Span,
}

/// Two names that would be the same in Rust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Collision {
    /// The name in Rust.
    pub(crate) name: String,
    /// What the names have in common, e.g. `fields of message Order`.
    pub(crate) scope: String,
    /// The one that came first.
    pub(crate) first: Written,
    /// The one that has to change.
    pub(crate) second: Written,
}

/// Names that must differ from each other.
#[derive(Debug)]
pub(crate) struct Scope {
    what: String,
    taken: BTreeMap<String, Written>,
}

impl Scope {
    /// An empty scope; `what` is said in diagnostics (`fields of message Order`).
    #[must_use]
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), taken: BTreeMap::new() }
    }

    /// Takes `name` for what was `written`.
    ///
    /// # Errors
    /// The collision, if the name is taken.
    pub(crate) fn claim(&mut self, name: &str, written: Written) -> Result<(), Box<Collision>> {
        match self.taken.get(name) {
            Some(first) => Err(Box::new(Collision {
                name: name.to_owned(),
                scope: self.what.clone(),
                first: first.clone(),
                second: written,
            })),
            None => {
                self.taken.insert(name.to_owned(), written);
                Ok(())
            }
        }
    }
}

/// Lower-case words of ASCII letters and digits; never empty.
fn words(text: &str) -> Vec<String> {
    let spelled: Vec<char> = text.chars().flat_map(spell).collect();
    let mut words = vec![String::new()];
    for (index, &character) in spelled.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|index| spelled.get(index)).copied();
        if begins_word(before, character, spelled.get(index + 1).copied()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut()
            && character.is_ascii_alphanumeric()
        {
            word.push(character.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    if words.is_empty() {
        let spelled: String = text.chars().map(|character| format!("u{:x}", u32::from(character))).collect();
        words.push(if spelled.is_empty() { "empty".to_owned() } else { spelled });
    }
    words
}

fn begins_word(before: Option<char>, character: char, after: Option<char>) -> bool {
    let Some(before) = before else { return false };
    if !character.is_ascii_alphanumeric() || !before.is_ascii_alphanumeric() {
        return true;
    }
    let next_is_lower = after.is_some_and(|after| after.is_ascii_lowercase());
    character.is_ascii_uppercase() && (before.is_ascii_lowercase() || next_is_lower)
}

/// The ASCII spelling of a character; a blank where it separates words.
fn spell(character: char) -> Vec<char> {
    if character.is_ascii_alphanumeric() {
        return vec![character];
    }
    let word = match character {
        '&' => " and ",
        '+' => " plus ",
        '%' => " percent ",
        '@' => " at ",
        _ => latin(character),
    };
    match word {
        "" if character.is_alphanumeric() => format!(" u{:x} ", u32::from(character)).chars().collect(),
        "" => vec![' '],
        word => word.chars().collect(),
    }
}

/// Latin letters with diacritics, and ligatures, as German, French, Spanish, Nordic, Polish and Czech documents have them.
fn latin(character: char) -> &'static str {
    match character {
        'à' | 'á' | 'â' | 'ã' | 'ā' | 'ă' | 'ą' => "a",
        'À' | 'Á' | 'Â' | 'Ã' | 'Ā' | 'Ă' | 'Ą' => "A",
        'ä' | 'æ' => "ae",
        'Ä' | 'Æ' => "Ae",
        'å' => "aa",
        'Å' => "Aa",
        'ç' | 'ć' | 'č' => "c",
        'Ç' | 'Ć' | 'Č' => "C",
        'ď' | 'đ' | 'ð' => "d",
        'Ď' | 'Đ' | 'Ð' => "D",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => "e",
        'È' | 'É' | 'Ê' | 'Ë' | 'Ē' | 'Ę' | 'Ě' => "E",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' => "i",
        'Ì' | 'Í' | 'Î' | 'Ï' | 'Ī' | 'İ' => "I",
        'ł' => "l",
        'Ł' => "L",
        'ñ' | 'ń' | 'ň' => "n",
        'Ñ' | 'Ń' | 'Ň' => "N",
        'ò' | 'ó' | 'ô' | 'õ' | 'ō' => "o",
        'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ō' => "O",
        'ö' | 'ø' | 'œ' | 'ő' => "oe",
        'Ö' | 'Ø' | 'Œ' | 'Ő' => "Oe",
        'ř' => "r",
        'Ř' => "R",
        'ś' | 'š' | 'ş' => "s",
        'Ś' | 'Š' | 'Ş' => "S",
        'ß' => "ss",
        'ť' => "t",
        'Ť' => "T",
        'þ' => "th",
        'Þ' => "Th",
        'ù' | 'ú' | 'û' | 'ū' | 'ů' => "u",
        'Ù' | 'Ú' | 'Û' | 'Ū' | 'Ů' => "U",
        'ü' | 'ű' => "ue",
        'Ü' | 'Ű' => "Ue",
        'ý' | 'ÿ' => "y",
        'Ý' | 'Ÿ' => "Y",
        'ź' | 'ż' | 'ž' => "z",
        'Ź' | 'Ż' | 'Ž' => "Z",
        _ => "",
    }
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map(|first| first.to_ascii_uppercase().to_string() + characters.as_str()).unwrap_or_default()
}

fn from_digit(name: String, prefix: char) -> String {
    if name.starts_with(|character: char| character.is_ascii_digit()) { format!("{prefix}{name}") } else { name }
}

fn unreserved(name: String) -> String {
    if KEYWORDS.contains(&name.as_str()) { name + "_" } else { name }
}

/// Variables that a generated flow has of its own.
const FLOW_NAMES: &[&str] = &["body", "custom", "index", "input", "reply", "run"];

/// Strict and reserved keywords of all editions up to 2024.
const KEYWORDS: &[&str] = &[
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super",
    "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules() {
        let check = |text: &str, expect: (&str, &str, &str)| {
            assert_eq!((snake(text).as_str(), camel(text).as_str(), constant(text).as_str()), expect, "{text}");
        };
        check(
            "PROC-11VMS-SRM7-ACTIVITY-REPORT-V1",
            (
                "proc_11vms_srm7_activity_report_v1",
                "Proc11vmsSrm7ActivityReportV1",
                "PROC_11VMS_SRM7_ACTIVITY_REPORT_V1",
            ),
        );
        check(
            "T&E-CMB_CHINA-WP2-INVOICES-V1",
            ("t_and_e_cmb_china_wp2_invoices_v1", "TAndECmbChinaWp2InvoicesV1", "T_AND_E_CMB_CHINA_WP2_INVOICES_V1"),
        );
        check("11VMS", ("n11vms", "N11vms", "N11VMS"));
        check("srmPoNumber", ("srm_po_number", "SrmPoNumber", "SRM_PO_NUMBER"));
        check("ERP_Customer_Id__c", ("erp_customer_id_c", "ErpCustomerIdC", "ERP_CUSTOMER_ID_C"));
        check("EVConfirmation", ("ev_confirmation", "EvConfirmation", "EV_CONFIRMATION"));
        check("type", ("type_", "Type", "TYPE"));
        check("Self", ("self_", "Self_", "SELF"));
        check("Bestellgröße", ("bestellgroesse", "Bestellgroesse", "BESTELLGROESSE"));
        check("価格", ("u4fa1_u683c", "U4fa1U683c", "U4FA1_U683C"));
        check("*", ("u2a", "U2a", "U2A"));
        check("", ("empty", "Empty", "EMPTY"));
    }

    #[test]
    fn every_name_is_an_identifier() {
        for text in ["gen", "a b", "\u{0}", "1", "-1", "e\u{301}", "ẞ", "🙂", "_", "__", "r#type"] {
            for name in [snake(text), camel(text), constant(text)] {
                assert!(syn::parse_str::<syn::Ident>(&name).is_ok(), "{text:?} became {name:?}");
            }
        }
    }

    #[test]
    fn two_names_that_become_one_are_refused() {
        let written = |text: &str| Written { text: text.to_owned(), path: "a.md".to_owned(), span: Span::default() };
        let mut scope = Scope::new("fields of message Order");
        scope.claim("order_id", written("orderId")).unwrap();
        let collision = scope.claim("order_id", written("order-id")).unwrap_err();
        assert_eq!((collision.first.text.as_str(), collision.second.text.as_str()), ("orderId", "order-id"));
    }
}
