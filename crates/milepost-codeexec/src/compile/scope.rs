//! Which variable a name means: the tree of scopes, and what closures capture.

use std::collections::HashMap;

use super::walk::{self, Visitor};
use crate::Rejected;
use crate::syntax::ast::{
    Comprehension, ComprehensionKind, Expr, ExprKind, FunctionDef, Module, Name, Parameters, Stmt, StmtKind,
};

/// What opens a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Module,
    Function,
    /// A list, set or dict comprehension: its variables are its own, its frame is that of the function.
    Comprehension,
}

#[derive(Debug)]
pub(super) struct Scope {
    pub(super) kind: Kind,
    pub(super) parent: usize,
    /// Variables, and whether a closure captures them. Parameters come first.
    pub(super) variables: Vec<(Name, bool)>,
    pub(super) globals: Vec<Name>,
    pub(super) nonlocals: Vec<Name>,
    /// Captured from outside, in order.
    pub(super) free: Vec<Name>,
    uses: Vec<Name>,
}

/// Where a name lives, seen from a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Global,
    /// A variable of that scope, in the same frame.
    Here(usize),
    /// A variable of an enclosing function, captured.
    Outer(usize),
}

#[derive(Debug)]
pub(super) struct Scopes {
    pub(super) all: Vec<Scope>,
    /// Scopes by the address of the node that opens them.
    by_node: HashMap<usize, usize>,
}

pub(super) fn address<T>(node: &T) -> usize {
    std::ptr::from_ref(node) as usize
}

impl Scopes {
    pub(super) fn of(module: &Module) -> Result<Self, Rejected> {
        let mut builder = Builder {
            scopes: Scopes { all: vec![Scope::new(Kind::Module, 0)], by_node: HashMap::new() },
            current: 0,
            error: None,
        };
        walk::block(&mut builder, &module.body);
        if let Some(error) = builder.error {
            return Err(error);
        }
        let mut scopes = builder.scopes;
        scopes.capture()?;
        Ok(scopes)
    }

    pub(super) fn opened_by<T>(&self, node: &T) -> usize {
        self.by_node.get(&address(node)).copied().unwrap_or(0)
    }

    /// Who owns `name` as seen from `scope`.
    pub(super) fn owner(&self, scope: usize, name: &str) -> Owner {
        let mut at = scope;
        let mut crossed = false;
        loop {
            let here = &self.all[at];
            match here.kind {
                Kind::Module => return Owner::Global,
                Kind::Function if here.globals.iter().any(|n| **n == *name) => return Owner::Global,
                Kind::Function | Kind::Comprehension => {
                    let declared = here.nonlocals.iter().any(|n| **n == *name);
                    if !declared && here.variables.iter().any(|(n, _)| **n == *name) {
                        return if crossed { Owner::Outer(at) } else { Owner::Here(at) };
                    }
                    crossed |= here.kind == Kind::Function;
                }
            }
            at = here.parent;
        }
    }

    /// The function or module whose frame holds a scope's variables.
    pub(super) fn frame_of(&self, mut scope: usize) -> usize {
        while self.all[scope].kind == Kind::Comprehension {
            scope = self.all[scope].parent;
        }
        scope
    }

    fn capture(&mut self) -> Result<(), Rejected> {
        for scope in 0..self.all.len() {
            let uses = std::mem::take(&mut self.all[scope].uses);
            for name in &uses {
                let Owner::Outer(owner) = self.owner(scope, name) else { continue };
                if let Some(variable) = self.all[owner].variables.iter_mut().find(|(n, _)| n == name) {
                    variable.1 = true;
                }
                let home = self.frame_of(owner);
                let mut at = self.frame_of(scope);
                while at != home {
                    let free = &mut self.all[at].free;
                    if !free.contains(name) {
                        free.push(name.clone());
                    }
                    at = self.frame_of(self.all[at].parent);
                }
            }
            for name in &self.all[scope].nonlocals {
                if !matches!(self.owner(scope, name), Owner::Outer(_)) {
                    return Err(Rejected {
                        reason: crate::Reason::Syntax(format!("no variable for `nonlocal {name}`")),
                        line: None,
                    });
                }
            }
        }
        Ok(())
    }
}

impl Scope {
    fn new(kind: Kind, parent: usize) -> Self {
        let empty = Vec::new;
        Self {
            kind,
            parent,
            variables: Vec::new(),
            globals: empty(),
            nonlocals: empty(),
            free: empty(),
            uses: empty(),
        }
    }

    fn declares(&self, name: &str) -> bool {
        self.globals.iter().chain(&self.nonlocals).any(|n| **n == *name)
    }
}

struct Builder {
    scopes: Scopes,
    current: usize,
    error: Option<Rejected>,
}

impl Builder {
    fn scope(&mut self) -> &mut Scope {
        &mut self.scopes.all[self.current]
    }

    fn bind(&mut self, name: &Name) {
        let scope = self.scope();
        if !scope.declares(name) && !scope.variables.iter().any(|(n, _)| n == name) {
            scope.variables.push((name.clone(), false));
        }
        self.use_name(name);
    }

    fn use_name(&mut self, name: &Name) {
        let uses = &mut self.scope().uses;
        if !uses.contains(name) {
            uses.push(name.clone());
        }
    }

    fn open<T>(&mut self, node: &T, kind: Kind) -> usize {
        let outer = self.current;
        self.scopes.all.push(Scope::new(kind, outer));
        self.current = self.scopes.all.len() - 1;
        self.scopes.by_node.insert(address(node), self.current);
        outer
    }

    fn parameters(&mut self, parameters: &Parameters) {
        for parameter in parameters.positional.iter().chain(&parameters.keyword_only).chain(&parameters.rest)
        {
            self.bind(&parameter.name);
        }
    }

    fn defaults(&mut self, parameters: &Parameters) {
        for parameter in parameters.positional.iter().chain(&parameters.keyword_only) {
            if let Some(default) = &parameter.default {
                self.expression(default);
            }
        }
        for parameter in parameters.positional.iter().chain(&parameters.rest).chain(&parameters.keyword_only)
        {
            if let Some(annotation) = &parameter.annotation {
                self.expression(annotation);
            }
        }
    }

    fn definition(&mut self, def: &FunctionDef) {
        self.bind(&def.name);
        self.defaults(&def.parameters);
        if let Some(returns) = &def.returns {
            self.expression(returns);
        }
        let outer = self.open(def, Kind::Function);
        self.parameters(&def.parameters);
        walk::block(self, &def.body);
        self.current = outer;
    }

    fn declare(&mut self, names: &[Name], line: u32, global: bool) {
        for name in names {
            let scope = self.scope();
            let word = if global { "global" } else { "nonlocal" };
            let used = scope.uses.contains(name) || scope.variables.iter().any(|(n, _)| n == name);
            let mixed = if global { &scope.nonlocals } else { &scope.globals }.contains(name);
            if scope.kind == Kind::Module && !global {
                self.fail(Rejected::syntax(line, "`nonlocal` outside a function"));
                return;
            }
            if (used && !scope.declares(name)) || mixed {
                self.fail(Rejected::syntax(line, format!("`{word} {name}` after the name is used")));
                return;
            }
            if global { &mut scope.globals } else { &mut scope.nonlocals }.push(name.clone());
            self.use_name(name);
        }
    }

    fn fail(&mut self, error: Rejected) {
        self.error.get_or_insert(error);
    }

    fn comprehension(&mut self, made: &Comprehension) {
        let Some((first, rest)) = made.clauses.split_first() else { return };
        self.expression(&first.iterable);
        let generator = made.kind == ComprehensionKind::Generator;
        let outer = self.open(made, if generator { Kind::Function } else { Kind::Comprehension });
        if generator {
            self.bind(&super::GENERATOR_INPUT.into());
        }
        self.target(&first.target);
        for condition in &first.conditions {
            self.expression(condition);
        }
        for clause in rest {
            self.expression(&clause.iterable);
            self.target(&clause.target);
            for condition in &clause.conditions {
                self.expression(condition);
            }
        }
        self.expression(&made.element);
        if let Some(value) = &made.value {
            self.expression(value);
        }
        self.current = outer;
    }
}

impl Visitor for Builder {
    fn statement(&mut self, statement: &Stmt) {
        match &statement.kind {
            StmtKind::Def(def) => self.definition(def),
            StmtKind::Global(names) => self.declare(names, statement.line.0, true),
            StmtKind::Nonlocal(names) => self.declare(names, statement.line.0, false),
            StmtKind::Import(names) | StmtKind::ImportFrom { names, .. } => {
                for (name, alias) in names {
                    self.bind(alias.as_ref().unwrap_or(name));
                }
            }
            StmtKind::Try(parts) => {
                walk::block(self, &parts.body);
                for handler in &parts.handlers {
                    if let Some(class) = &handler.class {
                        self.expression(class);
                    }
                    if let Some(name) = &handler.name {
                        self.bind(name);
                    }
                    walk::block(self, &handler.body);
                }
                walk::block(self, &parts.otherwise);
                walk::block(self, &parts.finally);
            }
            _ => walk::statement(self, statement),
        }
    }

    fn target(&mut self, target: &Expr) {
        match &target.kind {
            ExprKind::Name(name) => self.bind(name),
            ExprKind::List(items) | ExprKind::Tuple(items) => items.iter().for_each(|i| self.target(i)),
            ExprKind::Starred(inner) => self.target(inner),
            _ => self.expression(target),
        }
    }

    fn expression(&mut self, value: &Expr) {
        match &value.kind {
            ExprKind::Name(name) => self.use_name(name),
            ExprKind::Lambda(parts) => {
                self.defaults(&parts.0);
                let outer = self.open(&**parts, Kind::Function);
                self.parameters(&parts.0);
                self.expression(&parts.1);
                self.current = outer;
            }
            ExprKind::Comprehension(made) => self.comprehension(made),
            _ => walk::expression(self, value),
        }
    }
}
