//! Names: where they live, how they are read, bound and unbound.

use super::op::{Fallback, Op};
use super::scope::Owner;
use super::{Compiled, Compiler};
use crate::ExceptionClass;
use crate::machine::{Builtin, Type, Val, is_foreign_builtin};
use crate::syntax::ast::Name;

/// Where a name lives.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Local(u32),
    Cell(u32),
    Global(u32),
    /// A built-in that the program never rebinds.
    Known(Val),
    /// Nothing can have bound it.
    Missing,
}

fn builtin(name: &str, prelude: bool) -> Option<Val> {
    if let Some(class) = ExceptionClass::parse(name).filter(|class| class.is_a(ExceptionClass::Exception)) {
        return Some(Val::Class(class));
    }
    if let Some(found) = Type::global(name) {
        return Some(Val::Type(found));
    }
    Builtin::parse(name).filter(|_| prelude || !name.starts_with('_')).map(Val::Builtin)
}

impl Compiler<'_> {
    pub(super) fn place(&mut self, name: &Name) -> Compiled<Place> {
        match self.scopes.owner(self.scope, name) {
            Owner::Here(owner) => {
                let captured =
                    self.scopes.all[owner].variables.iter().any(|(n, captured)| n == name && *captured);
                let slot = self.function().slots.get(&(owner, name.clone())).copied().unwrap_or(0);
                Ok(if captured { Place::Cell(slot) } else { Place::Local(slot) })
            }
            Owner::Outer(_) => {
                let function = self.function();
                let at = function.free.iter().position(|n| n == name).unwrap_or(0) as u32;
                Ok(Place::Cell(function.free_start + at))
            }
            Owner::Global => self.global(name),
        }
    }

    fn global(&mut self, name: &Name) -> Compiled<Place> {
        if let Some(&index) = self.global_index.get(name) {
            return Ok(Place::Global(index));
        }
        let known = builtin(name, self.layout.prelude);
        if !self.bound_globals.contains(name) {
            return match known {
                Some(val) => Ok(Place::Known(val)),
                None if is_foreign_builtin(name) => self.outside(format!("the built-in `{name}`")),
                None => Ok(Place::Missing),
            };
        }
        let fallback = match known {
            Some(val) => Fallback::Builtin(val),
            None if is_foreign_builtin(name) => Fallback::Foreign,
            None => Fallback::NameError,
        };
        let index = self.program.globals.len() as u32;
        self.program.globals.push((name.clone(), fallback));
        self.global_index.insert(name.clone(), index);
        Ok(Place::Global(index))
    }

    pub(super) fn load(&mut self, name: &Name) -> Compiled<()> {
        match self.place(name)? {
            Place::Local(slot) => self.emit(Op::Local(slot)),
            Place::Cell(slot) => self.emit(Op::Deref(slot)),
            Place::Global(index) => self.emit(Op::Global(index)),
            Place::Missing => self.emit(Op::NoName),
            Place::Known(val) => {
                self.val(val);
                0
            }
        };
        Ok(())
    }

    pub(super) fn bind(&mut self, name: &Name) -> Compiled<()> {
        match self.place(name)? {
            Place::Local(slot) => self.emit(Op::SetLocal(slot)),
            Place::Cell(slot) => self.emit(Op::SetDeref(slot)),
            Place::Global(index) => self.emit(Op::SetGlobal(index)),
            Place::Known(_) | Place::Missing => return self.outside(format!("binding `{name}`")),
        };
        Ok(())
    }

    pub(super) fn unbind(&mut self, name: &Name) -> Compiled<()> {
        match self.place(name)? {
            Place::Local(slot) => self.emit(Op::DeleteLocal(slot)),
            Place::Cell(slot) => self.emit(Op::DeleteDeref(slot)),
            Place::Global(index) => self.emit(Op::DeleteGlobal(index)),
            Place::Known(_) | Place::Missing => self.emit(Op::NoName),
        };
        Ok(())
    }
}
