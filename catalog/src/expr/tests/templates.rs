//! Tables of templates.

use super::*;
use crate::model::{Template, TemplatePart};

fn parts(template: &Template) -> String {
    let part = |part: &TemplatePart| match part {
        TemplatePart::Text(text) => format!("{text:?}"),
        TemplatePart::Expr(expr) => format!("{}: {}", print(expr), type_name(&expr.ty)),
    };
    template.parts.iter().map(part).collect::<Vec<_>>().join(" | ")
}

fn outcome(text: &str, want: Want<'_>) -> String {
    let report = report();
    match template(text, whole(text), &scope(&report), want) {
        Ok(template) => format!("\n    {} = {}", type_name(&template.ty), parts(&template)),
        Err(problems) if problems.is_empty() => "\n    silent".to_owned(),
        Err(problems) => problems.iter().map(|problem| shown(problem, text)).collect(),
    }
}

#[test]
fn templates() {
    let code = Type::Code {
        declared: record(),
        field: "status".to_owned(),
        values: vec!["validated".to_owned(), "rejected".to_owned()],
    };
    let optional = Type::Optional(Box::new(Type::Text));
    let list = Type::List(Box::new(Type::Text));
    let cases: [(&str, Want<'_>); 31] = [
        ("plain text", Want::Anything),
        ("", Want::Scalar),
        ("${report.id}", Want::Type(&Type::Text)),
        ("${report.workUnitNumber}", Want::Anything),
        ("${report.unitPrice}", Want::Anything),
        ("${report.id}.csv", Want::Type(&Type::Text)),
        ("order ${report.id} of ${report.year}", Want::Anything),
        ("$${report.id} costs $5", Want::Anything),
        ("${report.title}", Want::Type(&optional)),
        ("${report.title}", Want::Type(&Type::Text)),
        ("${report.title}!", Want::Anything),
        ("${report.unitPrice}!", Want::Anything),
        ("${report.idd} ${reprot.id}", Want::Anything),
        ("${report.id", Want::Anything),
        ("${}", Want::Anything),
        ("${report.id.or('}')} ${'}'}", Want::Anything),
        ("validated", Want::Type(&code)),
        ("validatd", Want::Type(&code)),
        ("${report.id}!", Want::Type(&code)),
        ("12", Want::Type(&Type::Integer)),
        ("12.50", Want::Type(&Type::Decimal)),
        ("12", Want::Type(&Type::Decimal)),
        ("twelve", Want::Type(&Type::Decimal)),
        ("12.5", Want::Type(&Type::Integer)),
        ("true", Want::Type(&Type::Bool)),
        ("yes", Want::Type(&Type::Bool)),
        ("2026-01-31", Want::Type(&Type::Date)),
        ("2026-02-31", Want::Type(&Type::Date)),
        ("a, b", Want::Type(&list)),
        ("a", Want::List),
        ("${broken.x} ${report.id}", Want::Anything),
    ];
    let shown: String = cases
        .iter()
        .map(|(text, want)| format!("{text} for {}{}\n", checking::wanted(*want), outcome(text, *want)))
        .collect();
    insta::assert_snapshot!(shown);
}

#[test]
fn fixes_can_be_put_in_place() {
    let text = "order ${report.idd} of ${report.yaer}, ü ${report.status == 'validatd'}";
    let report = report();
    let mut mended = text.to_owned();
    let problems = template(text, whole(text), &scope(&report), Want::Anything).unwrap_err();
    for problem in problems.iter().rev() {
        mended.replace_range(problem.span.start - 100..problem.span.end - 100, problem.fix.as_ref().unwrap());
    }
    assert_eq!(mended, "order ${report.id} of ${report.year}, ü ${report.status == 'validated'}");
    assert!(template(&mended, whole(&mended), &scope(&report), Want::Anything).is_ok());
}
