//! Where each key and value of a YAML document stands, as byte ranges.
//!
//! A tree of nodes rather than a table of pointers: its size is linear in the document's, whatever
//! the keys' lengths and the nesting.

use std::collections::BTreeMap;
use std::ops::Range;

use super::place;

/// The positions of one document.
#[derive(Debug, Clone, Default)]
pub struct Positions {
    nodes: Vec<Node>,
}

#[derive(Debug, Clone)]
struct Node {
    key: Option<Range<usize>>,
    value: Range<usize>,
    children: Children,
}

#[derive(Debug, Clone, Default)]
enum Children {
    #[default]
    None,
    Mapping(BTreeMap<String, NodeId>),
    Sequence(Vec<NodeId>),
}

/// A node of [`Positions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeId(usize);

impl Positions {
    /// Adds a node; its parent is told by [`Positions::put_entry`] or [`Positions::put_item`].
    pub fn add(&mut self, value: Range<usize>) -> NodeId {
        self.nodes.push(Node {
            key: None,
            value,
            children: Children::None,
        });
        NodeId(self.nodes.len() - 1)
    }

    /// Moves the end of a node's value.
    pub fn close(&mut self, node: NodeId, end: usize) {
        if let Some(node) = self.nodes.get_mut(node.0) {
            node.value.end = end.max(node.value.start);
        }
    }

    /// Where a node's value ends.
    pub fn end(&self, node: NodeId) -> usize {
        self.nodes.get(node.0).map_or(0, |node| node.value.end)
    }

    /// Makes `child` the value of `name` in the mapping `parent`.
    pub fn put_entry(&mut self, parent: NodeId, name: &str, key_span: Range<usize>, child: NodeId) {
        if let Some(child) = self.nodes.get_mut(child.0) {
            child.key = Some(key_span);
        }
        if let Some(parent) = self.nodes.get_mut(parent.0) {
            if !matches!(parent.children, Children::Mapping(_)) {
                parent.children = Children::Mapping(BTreeMap::new());
            }
            if let Children::Mapping(entries) = &mut parent.children {
                entries.insert(name.to_owned(), child);
            }
        }
    }

    /// Makes `child` the next item of the sequence `parent`.
    pub fn put_item(&mut self, parent: NodeId, child: NodeId) {
        if let Some(parent) = self.nodes.get_mut(parent.0) {
            if !matches!(parent.children, Children::Sequence(_)) {
                parent.children = Children::Sequence(Vec::new());
            }
            if let Children::Sequence(items) = &mut parent.children {
                items.push(child);
            }
        }
    }

    /// The span of the key of `name` in the mapping `parent`.
    pub fn key_in(&self, parent: NodeId, name: &str) -> Option<Range<usize>> {
        match &self.nodes.get(parent.0)?.children {
            Children::Mapping(entries) => self.nodes.get(entries.get(name)?.0)?.key.clone(),
            Children::None | Children::Sequence(_) => None,
        }
    }

    /// The span of the key at a JSON pointer.
    pub fn key(&self, pointer: &str) -> Option<Range<usize>> {
        self.find(pointer)?.key.clone()
    }

    /// The span of the value at a JSON pointer.
    pub fn value(&self, pointer: &str) -> Option<Range<usize>> {
        self.find(pointer).map(|node| node.value.clone())
    }

    /// Where its texts stand, keys and values, in order.
    pub fn texts(&self) -> Vec<Range<usize>> {
        let mut texts: Vec<Range<usize>> = Vec::new();
        for node in &self.nodes {
            texts.extend(node.key.clone());
            if matches!(node.children, Children::None) {
                texts.push(node.value.clone());
            }
        }
        texts.sort_by_key(|text| text.start);
        texts
    }

    // The first node added is the document's top.
    fn find(&self, pointer: &str) -> Option<&Node> {
        let mut node = self.nodes.first()?;
        for step in place::steps(pointer) {
            let next = match &node.children {
                Children::None => return None,
                Children::Mapping(entries) => *entries.get(&step)?,
                Children::Sequence(items) => *items.get(step.parse::<usize>().ok()?)?,
            };
            node = self.nodes.get(next.0)?;
        }
        Some(node)
    }
}
