//! All that can be edited, in a fixed order.

use crate::syntax::ast::{
    Argument, Comprehension, Expr, ExprKind, Index, Module, Parameters, Stmt, StmtKind,
};

/// A place in a tree.
pub(super) enum Node<'t> {
    Expr(&'t mut Expr),
    Block(&'t mut Vec<Stmt>),
}

/// What is done at each node, with its number.
pub(super) type Visit<'v> = dyn FnMut(usize, Node<'_>) + 'v;

/// Visits the nodes of a program, children before parents, so that what is put in place of a node is not visited.
pub(super) fn nodes(program: &mut Module, visit: &mut Visit<'_>) {
    Walk { count: 0, visit }.block(&mut program.body);
}

struct Walk<'a, 'v> {
    count: usize,
    visit: &'a mut Visit<'v>,
}

impl Walk<'_, '_> {
    fn see(&mut self, node: Node<'_>) {
        (self.visit)(self.count, node);
        self.count += 1;
    }

    fn block(&mut self, body: &mut Vec<Stmt>) {
        for statement in body.iter_mut() {
            self.statement(&mut statement.kind);
        }
        self.see(Node::Block(body));
    }

    fn statement(&mut self, statement: &mut StmtKind) {
        match statement {
            StmtKind::Def(def) => {
                self.defaults(&mut def.parameters);
                self.block(&mut def.body);
            }
            StmtKind::Assign { targets, value } => {
                self.all(targets);
                self.expr(value);
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.expr(target);
                self.expr(value);
            }
            StmtKind::AnnAssign { target, value, .. } => {
                self.expr(target);
                self.all(value);
            }
            StmtKind::If { branches, otherwise } => {
                for (test, body) in branches {
                    self.expr(test);
                    self.block(body);
                }
                self.block(otherwise);
            }
            StmtKind::While { test, body, otherwise } => {
                self.expr(test);
                self.block(body);
                self.block(otherwise);
            }
            StmtKind::For { target, iterable, body, otherwise } => {
                self.expr(target);
                self.expr(iterable);
                self.block(body);
                self.block(otherwise);
            }
            StmtKind::Try(parts) => {
                self.block(&mut parts.body);
                for handler in &mut parts.handlers {
                    self.block(&mut handler.body);
                }
                self.block(&mut parts.otherwise);
                self.block(&mut parts.finally);
            }
            StmtKind::Return(value) => self.all(value),
            StmtKind::Delete(targets) => self.all(targets),
            StmtKind::Assert { test, message } => {
                self.expr(test);
                self.all(message);
            }
            StmtKind::Raise { exception, cause } => {
                self.all(exception);
                self.all(cause);
            }
            StmtKind::Expr(value) => self.expr(value),
            StmtKind::Break
            | StmtKind::Continue
            | StmtKind::Pass
            | StmtKind::Global(_)
            | StmtKind::Nonlocal(_)
            | StmtKind::Import(_)
            | StmtKind::ImportFrom { .. } => {}
        }
    }

    fn all<'e>(&mut self, items: impl IntoIterator<Item = &'e mut Expr>) {
        items.into_iter().for_each(|item| self.expr(item));
    }

    fn defaults(&mut self, parameters: &mut Parameters) {
        let all = parameters.positional.iter_mut().chain(&mut parameters.keyword_only);
        self.all(all.filter_map(|parameter| parameter.default.as_mut()));
    }

    fn expr(&mut self, expr: &mut Expr) {
        match &mut expr.kind {
            ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => self.all(items),
            ExprKind::Dict(pairs) => {
                for (key, value) in pairs {
                    self.all(key);
                    self.expr(value);
                }
            }
            ExprKind::Starred(inner) => self.expr(inner),
            ExprKind::Comprehension(made) => self.comprehension(made),
            ExprKind::Binary { first, rest } => {
                self.expr(first);
                self.all(rest.iter_mut().map(|(_, operand)| operand));
            }
            ExprKind::Unary { operand, .. } => self.expr(operand),
            ExprKind::Boolean { operands, .. } => self.all(operands),
            ExprKind::Compare { first, rest } => {
                self.expr(first);
                self.all(rest.iter_mut().map(|(_, operand)| operand));
            }
            ExprKind::Conditional(parts) => self.all(parts.iter_mut()),
            ExprKind::Lambda(parts) => {
                self.defaults(&mut parts.0);
                self.expr(&mut parts.1);
            }
            ExprKind::Call { callee, arguments } => {
                self.expr(callee);
                for argument in arguments {
                    match argument {
                        Argument::Positional(value) | Argument::Star(value) | Argument::Keyword(_, value) => {
                            self.expr(value);
                        }
                    }
                }
            }
            ExprKind::Attribute { value, .. } => self.expr(value),
            ExprKind::Subscript { value, index } => {
                self.expr(value);
                match &mut **index {
                    Index::Item(item) => self.expr(item),
                    Index::Slice(parts) => self.all(parts.iter_mut().flatten()),
                }
            }
            ExprKind::None
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::BigInt(_)
            | ExprKind::Float(_)
            | ExprKind::Str(_)
            | ExprKind::Bytes(_)
            | ExprKind::FString(_)
            | ExprKind::Name(_) => {}
        }
        self.see(Node::Expr(expr));
    }

    fn comprehension(&mut self, made: &mut Comprehension) {
        self.expr(&mut made.element);
        self.all(&mut made.value);
        for clause in &mut made.clauses {
            self.expr(&mut clause.target);
            self.expr(&mut clause.iterable);
            self.all(&mut clause.conditions);
        }
    }
}
