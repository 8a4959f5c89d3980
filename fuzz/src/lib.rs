//! What the targets share: a workspace in memory, and the list whose rows and segments are read.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::LazyLock;

use postmerge::workspace::Workspace;
use postmerge::workspace::list::List;
use postmerge::workspace::names::ListName;
use postmerge::workspace::source::{Listed, Source, SourceError, WorkspacePath};

/// Files by path.
#[derive(Default)]
pub struct Memory(BTreeMap<WorkspacePath, Vec<u8>>);

impl Memory {
    /// The sound workspace that the lint's tests stand on.
    pub fn workspace() -> Self {
        let mut memory = Self::default();
        macro_rules! add {
            ($($path:literal)*) => {$(
                memory.put($path, include_bytes!(concat!("../../tests/fixtures/workspace/", $path)));
            )*};
        }
        add! {
            "postmerge.yaml"
            "campaigns/rueda/campaign.yaml"
            "campaigns/rueda/body.md"
            "lists/exportadores.yaml"
            "lists/exportadores.csv"
            "templates/boletin/template.yaml"
            "templates/boletin/layout.html"
        }
        memory
    }

    /// Writes a file, over the one of this name.
    pub fn put(&mut self, path: &str, bytes: &[u8]) {
        let path = WorkspacePath::parse(path).expect("a path inside the workspace");
        self.0.insert(path, bytes.to_vec());
    }

    fn bytes(&self, path: &WorkspacePath) -> Result<&[u8], SourceError> {
        let bytes = self.0.get(path).map(Vec::as_slice);
        bytes.ok_or_else(|| SourceError::Missing(path.clone()))
    }
}

impl Source for Memory {
    fn read(&self, path: &WorkspacePath, limit: u64) -> Result<Vec<u8>, SourceError> {
        let bytes = self.bytes(path)?;
        let size = bytes.len() as u64;
        match size <= limit {
            true => Ok(bytes.to_vec()),
            false => Err(SourceError::TooLarge {
                path: path.clone(),
                size,
                limit,
            }),
        }
    }

    fn open(&self, path: &WorkspacePath) -> Result<Box<dyn Read + Send>, SourceError> {
        Ok(Box::new(Cursor::new(self.bytes(path)?.to_vec())))
    }

    fn files(&self, folder: &WorkspacePath) -> Result<Vec<Listed>, SourceError> {
        let below = format!("{folder}/");
        let paths = self.0.keys();
        Ok(paths
            .filter(|path| path.as_str().starts_with(&below))
            .map(|path| Listed {
                path: path.clone(),
                is_regular: true,
            })
            .collect())
    }

    fn size(&self, path: &WorkspacePath) -> Result<u64, SourceError> {
        Ok(self.bytes(path)?.len() as u64)
    }
}

/// A list with a column of every type.
pub static LIST: LazyLock<List> = LazyLock::new(|| {
    let mut memory = Memory::default();
    memory.put(
        "lists/todos.yaml",
        "title: Todos\nowner: ana\npurpose: fuzzing\nconsent: {basis: contract}\ncolumns:\n  \
         nombre: {type: text}\n  sector: {type: text, values: [agro, textil]}\n  \
         cliente: {type: text, required: true}\n  saldo: {type: number}\n  alta: {type: date}\n  \
         consentimiento: {type: bool}\n  temas: {type: topics}\n\
         topics: {ferias: {title: Ferias}, cursos: {title: Cursos}}\n"
            .as_bytes(),
    );
    Workspace::load_list(&memory, &ListName::new("todos"))
        .expect("the list is sound")
        .list
});

/// The first row of that list's CSV file.
pub const HEADING: &str = "email,nombre,sector,cliente,saldo,alta,consentimiento,temas\n";
