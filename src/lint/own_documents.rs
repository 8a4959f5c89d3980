//! Whether everybody whom a campaign selects has the document that is theirs alone.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::mail::occurrence::CampaignId;
use crate::plan::audience::Selection;
use crate::workspace::document_path::DocumentPath;
use crate::workspace::loaded::CampaignFile;
use crate::workspace::members::Row;
use crate::workspace::names::ListName;
use crate::workspace::source::WorkspacePath;

/// Lines of rows that are kept.
const SHOWN: usize = 5;

/// Rows without a document.
#[derive(Debug)]
pub struct WithoutDocument {
    /// Whose document.
    pub campaign: CampaignId,
    /// Which, among the campaign's.
    pub document: usize,
    /// The list with the rows.
    pub list: ListName,
    /// What is wrong with the first one.
    pub what: &'static str,
    /// The first rows' lines.
    pub lines: Vec<u64>,
    /// How many there are.
    pub count: u64,
}

/// A campaign's documents of one's own, asked of one list's rows.
pub(super) struct OwnDocuments<'a> {
    file: &'a CampaignFile,
    selection: Rc<Selection<'a>>,
    documents: Vec<(DocumentPath, WithoutDocument)>,
}

impl<'a> OwnDocuments<'a> {
    /// `None` where the campaign has none.
    pub(super) fn of(
        id: &CampaignId,
        file: &'a CampaignFile,
        list: &ListName,
        selection: Rc<Selection<'a>>,
    ) -> Option<Self> {
        let documents = file.campaign.documents.iter().enumerate();
        let own = documents.filter_map(|(number, document)| {
            let path = DocumentPath::parse(&document.file).ok()?;
            path.is_per_recipient().then(|| {
                let without = WithoutDocument {
                    campaign: id.clone(),
                    document: number,
                    list: list.clone(),
                    what: "the file is not there",
                    lines: Vec::new(),
                    count: 0,
                };
                (path, without)
            })
        });
        let documents: Vec<_> = own.collect();
        (!documents.is_empty()).then_some(Self {
            file,
            selection,
            documents,
        })
    }

    pub(super) fn take(&mut self, row: &Row<'_>, paths: &BTreeSet<WorkspacePath>) {
        if !self.selection.takes(row) {
            return;
        }
        let member = row.to_member();
        for (path, without) in &mut self.documents {
            let what = match path.resolve(&member) {
                Err(_) => "the row gives no name of a file",
                Ok(name) => match self.file.folder.join(&name) {
                    Ok(path) if paths.contains(&path) => continue,
                    _ => "the file is not there",
                },
            };
            if without.count == 0 {
                without.what = what;
            }
            without.count += 1;
            if without.lines.len() < SHOWN {
                without.lines.push(row.at().line);
            }
        }
    }

    pub(super) fn found(self) -> impl Iterator<Item = WithoutDocument> {
        let all = self.documents.into_iter().map(|(_, without)| without);
        all.filter(|without| without.count > 0)
    }
}
