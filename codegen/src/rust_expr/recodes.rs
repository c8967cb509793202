//! One code becomes another whose values include all of its own.
//!
//! In: pairs of code types. Out: functions that match one to the other, so that the compiler proves that none is missing.
//! Never knows: where they are called.

use std::cell::RefCell;

use catalog::model::Type;

use super::variant;
use crate::{
    names,
    plan::{
        FunctionPlan, Piece,
        types::{Here, enum_name},
    },
};

/// The conversions of one module.
#[derive(Debug, Default)]
pub(crate) struct Recodes {
    known: RefCell<Vec<Recode>>,
}

#[derive(Debug)]
struct Recode {
    from: Type,
    to: Type,
    plan: FunctionPlan,
}

impl Recodes {
    /// The name of the function between two codes.
    pub(super) fn function(&self, from: &Type, to: &Type, here: &Here) -> String {
        let mut known = self.known.borrow_mut();
        if let Some(recode) = known.iter().find(|recode| recode.from == *from && recode.to == *to) {
            return recode.plan.name.clone();
        }
        let Type::Code { declared, field, .. } = to else { return String::new() };
        let name = format!("as_{}", names::snake(&enum_name(declared, field)));
        let namesakes = known.iter().filter(|recode| recode.to == *to).count();
        let name = if namesakes == 0 { name } else { format!("{name}_{}", namesakes + 1) };
        let plan = function(&name, from, to, here);
        known.push(Recode { from: from.clone(), to: to.clone(), plan });
        name
    }

    /// All of them, in the order they were asked for.
    pub(crate) fn into_functions(self) -> Vec<FunctionPlan> {
        self.known.into_inner().into_iter().map(|recode| recode.plan).collect()
    }
}

fn function(name: &str, from: &Type, to: &Type, here: &Here) -> FunctionPlan {
    let Type::Code { values, .. } = from else {
        return FunctionPlan::new(
            String::new(),
            name,
            Vec::new(),
            "()",
            Piece { text: String::new(), fallible: false },
        );
    };
    let arms: String =
        values.iter().map(|value| format!("{} => {},", variant(from, value, here), variant(to, value, here))).collect();
    let body = Piece { text: format!("match code {{ {arms} }}"), fallible: false };
    let doc = "The same value in the other system's list.".to_owned();
    FunctionPlan::new(doc, name, vec![("code".to_owned(), here.owned(from))], &here.owned(to), body)
}
