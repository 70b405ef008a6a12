//! A BabyAI instruction with its objects resolved to identities.

use super::compile::Resolver;
use super::instruction::{Instruction, ObjectSet};
use crate::level::LevelError;

/// A compiled set of objects.
#[derive(Debug)]
pub(super) struct Set {
    /// Those with an identity.
    pub(super) ids: Vec<u8>,
    /// The cells of walls and the like, which have none and stay where they are.
    pub(super) fixed: Vec<usize>,
}

/// A compiled instruction: a tree whose nodes are numbered.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) number: usize,
    pub(super) kind: NodeKind,
}

#[derive(Debug)]
pub(super) enum NodeKind {
    GoTo(Set),
    Open { doors: Set, strict: bool },
    PickUp { objects: Set, strict: bool },
    PutNext { moved: Set, beside: Set, strict: bool },
    Sequence { first: Box<Node>, second: Box<Node>, strict: bool },
    Both(Box<Node>, Box<Node>),
}

/// A compiled instruction.
#[derive(Debug)]
pub(crate) struct Program {
    pub(super) root: Node,
    nodes: usize,
}

impl Program {
    pub(super) fn compile(instruction: &Instruction, resolver: &Resolver<'_>) -> Result<Self, LevelError> {
        let mut nodes = 0;
        let root = Node::compile(instruction, resolver, &mut nodes)?;
        Ok(Self { root, nodes })
    }

    /// The identities that the instruction speaks of.
    pub(super) fn objects(&self) -> impl Iterator<Item = u8> {
        let mut ids = Vec::new();
        self.root.objects(&mut ids);
        ids.into_iter()
    }

    pub(super) const fn node_count(&self) -> usize {
        self.nodes
    }
}

impl Set {
    fn compile(objects: &ObjectSet, resolver: &Resolver<'_>) -> Result<Self, LevelError> {
        let mut set = Self { ids: Vec::new(), fixed: Vec::new() };
        for position in objects {
            match resolver.id(*position)? {
                Some(id) => set.ids.push(id),
                None => set.fixed.extend(resolver.level.index(i32::from(position.x), i32::from(position.y))),
            }
        }
        Ok(set)
    }
}

impl Node {
    fn compile(
        instruction: &Instruction,
        resolver: &Resolver<'_>,
        nodes: &mut usize,
    ) -> Result<Self, LevelError> {
        let number = *nodes;
        *nodes += 1;
        let set = |objects| Set::compile(objects, resolver);
        let kind = match instruction {
            Instruction::GoTo(objects) => NodeKind::GoTo(set(objects)?),
            Instruction::Open { objects, strict } => NodeKind::Open { doors: set(objects)?, strict: *strict },
            Instruction::PickUp { objects, strict } => {
                NodeKind::PickUp { objects: set(objects)?, strict: *strict }
            }
            Instruction::PutNext { moved, beside, strict } => {
                NodeKind::PutNext { moved: set(moved)?, beside: set(beside)?, strict: *strict }
            }
            Instruction::Sequence { first, second, strict, order: _ } => NodeKind::Sequence {
                first: Box::new(Self::compile(first, resolver, nodes)?),
                second: Box::new(Self::compile(second, resolver, nodes)?),
                strict: *strict,
            },
            Instruction::Both(a, b) => NodeKind::Both(
                Box::new(Self::compile(a, resolver, nodes)?),
                Box::new(Self::compile(b, resolver, nodes)?),
            ),
        };
        Ok(Self { number, kind })
    }

    fn objects(&self, ids: &mut Vec<u8>) {
        match &self.kind {
            NodeKind::GoTo(set)
            | NodeKind::Open { doors: set, .. }
            | NodeKind::PickUp { objects: set, .. } => ids.extend(&set.ids),
            NodeKind::PutNext { moved, beside, .. } => {
                ids.extend(&moved.ids);
                ids.extend(&beside.ids);
            }
            NodeKind::Sequence { first: a, second: b, .. } | NodeKind::Both(a, b) => {
                a.objects(ids);
                b.objects(ids);
            }
        }
    }
}
