//! Random texts and random trees.

use super::*;
use crate::expr::print as printer;
use crate::model::{BinaryOp, UnaryOp};
use proptest::prelude::*;

fn word(text: &str) -> Word {
    Word { text: text.to_owned(), range: Range::default() }
}

fn new(kind: NodeKind) -> Node {
    Node::new(kind, Range::default())
}

/// The tree without places.
fn bare(node: Node) -> Node {
    let inner = |node: Box<Node>| Box::new(bare(*node));
    new(match node.kind {
        NodeKind::Field { record, name } => NodeKind::Field { record: inner(record), name: word(&name.text) },
        NodeKind::Index { list, index } => NodeKind::Index { list: inner(list), index: inner(index) },
        NodeKind::Unary { op, operand } => NodeKind::Unary { op, operand: inner(operand) },
        NodeKind::Binary { op, left, right } => NodeKind::Binary { op, left: inner(left), right: inner(right) },
        NodeKind::Conditional { condition, then, otherwise } => {
            NodeKind::Conditional { condition: inner(condition), then: inner(then), otherwise: inner(otherwise) }
        }
        NodeKind::List(items) => NodeKind::List(items.into_iter().map(bare).collect()),
        NodeKind::Call { receiver, name, arguments } => NodeKind::Call {
            receiver: receiver.map(inner),
            name: word(&name.text),
            arguments: arguments.into_iter().map(bare).collect(),
        },
        leaf => leaf,
    })
}

fn any_name() -> impl Strategy<Value = String> {
    proptest::sample::select(vec!["report", "rows", "x", "_y1", "straße", "r", "inner", "order"])
        .prop_map(str::to_owned)
}

fn any_op() -> impl Strategy<Value = BinaryOp> {
    use BinaryOp::{
        Add, And, Divide, Equal, Greater, GreaterOrEqual, In, Less, LessOrEqual, Multiply, NotEqual, Or, Remainder,
        Subtract,
    };
    proptest::sample::select(vec![
        And,
        Or,
        Equal,
        NotEqual,
        Less,
        LessOrEqual,
        Greater,
        GreaterOrEqual,
        Add,
        Subtract,
        Multiply,
        Divide,
        Remainder,
        In,
    ])
}

/// Any tree the grammar can write, typed or not.
fn any_node() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        "\\PC{0,8}".prop_map(NodeKind::Text),
        "['\"\\\\\n\t\r ]{0,4}".prop_map(NodeKind::Text),
        any::<i64>().prop_map(NodeKind::Integer),
        (-99_i64..99, 0_u32..999).prop_map(|(whole, part)| NodeKind::Decimal(format!("{whole}.{part:03}"))),
        any::<bool>().prop_map(NodeKind::Bool),
        any_name().prop_map(NodeKind::Name),
    ]
    .prop_map(new);
    leaf.prop_recursive(8, 48, 4, |inner| {
        let one = || inner.clone().prop_map(Box::new);
        let some = || proptest::collection::vec(inner.clone(), 0..4);
        let fields = prop_oneof![any_name(), Just("in".to_owned()), Just("true".to_owned()), Just("or".to_owned())];
        prop_oneof![
            (one(), fields).prop_map(|(record, name)| NodeKind::Field { record, name: word(&name) }),
            (one(), one()).prop_map(|(list, index)| NodeKind::Index { list, index }),
            (any::<bool>(), one()).prop_map(|(not, operand)| {
                NodeKind::Unary { op: if not { UnaryOp::Not } else { UnaryOp::Negate }, operand }
            }),
            (any_op(), one(), one()).prop_map(|(op, left, right)| NodeKind::Binary { op, left, right }),
            (one(), one(), one()).prop_map(|(condition, then, otherwise)| NodeKind::Conditional {
                condition,
                then,
                otherwise
            }),
            some().prop_map(NodeKind::List),
            (proptest::option::of(one()), any_name(), some()).prop_map(|(receiver, name, arguments)| NodeKind::Call {
                receiver,
                name: word(&name),
                arguments
            }),
        ]
        .prop_map(new)
    })
}

/// Fragments of the language in any order: they get further into the checker than random letters.
fn almost() -> impl Strategy<Value = String> {
    let pieces = vec![
        "report",
        ".",
        "id",
        "title",
        "year",
        "status",
        "overtime",
        "extra",
        "amount",
        "rows",
        "[",
        "]",
        "(",
        ")",
        "0",
        "1.5",
        "'x'",
        "'validated'",
        "==",
        "!=",
        "<",
        "&&",
        "||",
        "!",
        "-",
        "+",
        "/",
        "%",
        "in",
        "?",
        ":",
        ",",
        " ",
        ".or(",
        ".isSet()",
        ".size()",
        "text(",
        ".all(i, i.rate > 0)",
        ".exists(",
        "true",
        "=",
        "and",
        "\\",
        "'",
        "${",
        "}",
        "é",
        "\n",
        "r'",
        "matches",
    ];
    proptest::collection::vec(proptest::sample::select(pieces), 0..24).prop_map(|pieces| pieces.concat())
}

fn survive(text: &str) {
    let report = report();
    let scope = scope(&report);
    for at in [whole(text), Span::default(), Span { start: 5, end: 9, line: 1 }] {
        let problems = check(text, at, &scope, Want::Type(&Type::Bool)).err().unwrap_or_default();
        let more = template(text, at, &scope, Want::Scalar).err().unwrap_or_default();
        for problem in problems.iter().chain(&more).filter(|_| at == whole(text)) {
            // Every place is in the text, at character boundaries.
            assert!(text.get(problem.span.start - 100..problem.span.end - 100).is_some(), "{problem:?}");
        }
    }
    if let Ok(expr) = check(text, whole(text), &scope, Want::Anything) {
        let again = print(&expr);
        let checked = check(&again, whole(&again), &scope, Want::Anything);
        let checked = checked.unwrap_or_else(|problems| panic!("{again}: {problems:?}"));
        assert_eq!(printer::erase(&checked), printer::erase(&expr), "{again}");
        assert_eq!(checked.ty, expr.ty);
        let _ = describe(&expr);
    }
}

proptest! {
    #[test]
    fn random_text_never_panics(text in "\\PC{0,80}") {
        survive(&text);
    }

    #[test]
    fn almost_expressions_never_panic(text in almost()) {
        survive(&text);
    }

    #[test]
    fn random_trees_never_panic(node in any_node()) {
        survive(&print_node(&node));
    }

    #[test]
    fn printed_trees_parse_to_themselves(node in any_node()) {
        let text = print_node(&node);
        prop_assume!(text.len() <= MAX_LENGTH);
        let parsed = parse(&text);
        prop_assert!(parsed.is_ok(), "{}: {:?}", text, parsed);
        prop_assert_eq!(parsed.map(bare).unwrap(), bare(node), "{}", text);
    }
}
