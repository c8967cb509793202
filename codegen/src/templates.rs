//! Templates: embedded in the tool, overridable by a project.
//!
//! In: `templates/*.tera` of a project, if there are any. Out: [`Templates`]. Never knows: plans.

use std::{borrow::Cow, fs, path::Path};

use serde::Serialize;
use tera::{Context, Kwargs, State, Tera};

use crate::{Error, digest, format::NOTE, plan};

/// The templates of one build.
#[derive(Debug, Clone)]
pub struct Templates {
    tera: Tera,
    digest: String,
}

const EMBEDDED: &[(&str, &str)] = &[
    ("cargo.toml.tera", include_str!("../templates/cargo.toml.tera")),
    ("examples.rs.tera", include_str!("../templates/examples.rs.tera")),
    ("interface.rs.tera", include_str!("../templates/interface.rs.tera")),
    ("lib.rs.tera", include_str!("../templates/lib.rs.tera")),
    ("main.rs.tera", include_str!("../templates/main.rs.tera")),
    ("rustfmt.toml.tera", include_str!("../templates/rustfmt.toml.tera")),
    ("service.rs.tera", include_str!("../templates/service.rs.tera")),
    ("service.toml.tera", include_str!("../templates/service.toml.tera")),
    ("system.rs.tera", include_str!("../templates/system.rs.tera")),
    ("systems.rs.tera", include_str!("../templates/systems.rs.tera")),
    ("types.rs.tera", include_str!("../templates/types.rs.tera")),
];

impl Templates {
    /// The templates of the tool.
    ///
    /// # Errors
    /// Never with the templates as they are; they are parsed like any other.
    pub fn embedded() -> Result<Self, Error> {
        Self::with(EMBEDDED.iter().map(|(name, text)| (*name, Cow::Borrowed(*text))).collect())
    }

    /// The templates of the tool, those of `<root>/templates/` in their place.
    ///
    /// # Errors
    /// A template of the project cannot be read, has a name that the tool does not know, or does not parse.
    pub fn of_project(root: &Path) -> Result<Self, Error> {
        let folder = root.join("templates");
        let mut texts: Vec<(&str, Cow<'static, str>)> =
            EMBEDDED.iter().map(|(name, text)| (*name, Cow::Borrowed(*text))).collect();
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Self::with(texts),
            Err(error) => return Err(Error::file(folder)(error)),
        };
        for entry in entries {
            let path = entry.map_err(Error::file(&folder))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if !name.ends_with(".tera") {
                continue;
            }
            let Some(slot) = texts.iter_mut().find(|(own, _)| *own == name) else {
                let known: Vec<&str> = EMBEDDED.iter().map(|(name, _)| *name).collect();
                return Err(Error::Template {
                    name,
                    reason: format!("there is no such template; there are {}", known.join(", ")),
                });
            };
            slot.1 = Cow::Owned(fs::read_to_string(&path).map_err(Error::file(&path))?);
        }
        Self::with(texts)
    }

    fn with(texts: Vec<(&str, Cow<'static, str>)>) -> Result<Self, Error> {
        let mut tera = Tera::new();
        tera.autoescape_on(Vec::<&str>::new());
        filters(&mut tera);
        let digest = digest::of(&texts.iter().map(|(name, text)| format!("{name}\n{text}\n")).collect::<String>());
        tera.add_raw_templates(texts.iter().map(|(name, text)| (*name, text.as_ref())))
            .map_err(|error| Error::Template { name: "templates".to_owned(), reason: error.to_string() })?;
        Ok(Self { tera, digest })
    }

    /// Digest of all templates.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }

    /// Prints a view through a template.
    pub(crate) fn render<T: Serialize>(&self, name: &str, view: &T) -> Result<String, Error> {
        let wrong = |error: tera::Error| Error::Template { name: name.to_owned(), reason: error.to_string() };
        let context = Context::from_serialize(view).map_err(wrong)?;
        self.tera.render(name, &context).map_err(wrong)
    }
}

/// What templates can do with values beyond printing them.
fn filters(tera: &mut Tera) {
    tera.register_filter("lit", |text: &str, _: Kwargs, _: &State<'_>| format!("{text:?}"));
    tera.register_filter("doc", |text: &str, _: Kwargs, _: &State<'_>| format!("{:?}", format!(" {text}")));
    tera.register_filter("note", |text: &str, _: Kwargs, _: &State<'_>| format!("{:?}", format!("{NOTE}{text}")));
    tera.register_filter("prose", |text: &str, _: Kwargs, _: &State<'_>| plan::prose(text));
    tera.register_filter("list", |texts: Vec<String>, _: Kwargs, _: &State<'_>| format!("{texts:?}"));
    tera.register_filter("number", |number: u64, _: Kwargs, _: &State<'_>| plan::number(number));
    tera.register_filter("option", |value: &tera::Value, _: Kwargs, _: &State<'_>| {
        value.as_u64().map_or("None".to_owned(), |number| format!("Some({})", plan::number(number)))
    });
}
