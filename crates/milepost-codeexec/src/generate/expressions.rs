use super::GeneratedType as Type;
use super::statements::Writer;

impl Writer<'_> {
    /// An expression of this type, in brackets where it needs them, with at most `depth` levels of operations.
    pub(super) fn expression(&mut self, ty: Type, depth: usize) -> String {
        if depth == 0 || self.pick(4) == 0 {
            return self.leaf(ty);
        }
        if self.pick(8) == 0 {
            let (yes, no) = (self.expression(ty, depth - 1), self.expression(ty, depth - 1));
            let condition = self.expression(Type::Bool, depth - 1);
            return format!("({yes} if {condition} else {no})");
        }
        match ty {
            Type::Int => self.int(depth - 1),
            Type::Bool => self.bool(depth - 1),
            Type::Str => self.str(depth - 1),
            Type::List => self.list(depth - 1),
        }
    }

    fn leaf(&mut self, ty: Type) -> String {
        if self.pick(3) > 0
            && let Some(name) = self.name(ty)
        {
            return name;
        }
        match ty {
            Type::Int => self.pick(12).to_string(),
            Type::Bool => ["True", "False"][self.pick(2)].to_owned(),
            Type::Str => ["''", "'a'", "'bc'", "'x y'", "'Z0'"][self.pick(5)].to_owned(),
            Type::List => ["[]", "[1]", "[3, 1, 2]", "[-1, 0, 4, 4]"][self.pick(4)].to_owned(),
        }
    }

    fn int(&mut self, depth: usize) -> String {
        let choice = self.pick(11);
        match choice {
            0..=4 => {
                let operator = ["+", "-", "*", "//", "%"][choice];
                let (a, b) = (self.expression(Type::Int, depth), self.expression(Type::Int, depth));
                format!("({a} {operator} {b})")
            }
            5 => format!("abs({})", self.expression(Type::Int, depth)),
            6 => format!("len({})", self.expression(Type::List, depth)),
            7 => format!("len({})", self.expression(Type::Str, depth)),
            8 => format!("sum({})", self.expression(Type::List, depth)),
            9 => {
                let (list, at) = (self.expression(Type::List, depth), self.expression(Type::Int, depth));
                format!("{list}[{at}]")
            }
            _ => {
                let (a, b) = (self.expression(Type::Int, depth), self.expression(Type::Int, depth));
                format!("max({a}, {b})")
            }
        }
    }

    fn bool(&mut self, depth: usize) -> String {
        match self.pick(6) {
            0 | 1 => {
                let ty = self.any_type();
                let (a, b) = (self.expression(ty, depth), self.expression(ty, depth));
                let operator = ["<", "<=", "==", "!=", ">", ">="][self.pick(6)];
                format!("({a} {operator} {b})")
            }
            2 => format!("(not {})", self.expression(Type::Bool, depth)),
            3 => {
                let (a, b) = (self.expression(Type::Bool, depth), self.expression(Type::Bool, depth));
                let operator = ["and", "or"][self.pick(2)];
                format!("({a} {operator} {b})")
            }
            4 => {
                let (item, list) = (self.expression(Type::Int, depth), self.expression(Type::List, depth));
                format!("({item} in {list})")
            }
            _ => format!("{}.isdigit()", self.expression(Type::Str, depth)),
        }
    }

    fn str(&mut self, depth: usize) -> String {
        match self.pick(7) {
            0 => {
                let (a, b) = (self.expression(Type::Str, depth), self.expression(Type::Str, depth));
                format!("({a} + {b})")
            }
            1 => format!("str({})", self.expression(Type::Int, depth)),
            2 => {
                let (text, at) = (self.expression(Type::Str, depth), self.expression(Type::Int, depth));
                format!("{text}[{at}:]")
            }
            3 => format!("{}.upper()", self.expression(Type::Str, depth)),
            4 => {
                let (text, times) = (self.expression(Type::Str, depth), self.expression(Type::Int, depth));
                format!("({text} * ({times} % 3))")
            }
            5 => format!("''.join(sorted({}))", self.expression(Type::Str, depth)),
            _ => {
                let ty = self.any_type();
                let (text, value) = (self.expression(Type::Str, depth), self.expression(ty, 0));
                format!("({text} + repr({value}))")
            }
        }
    }

    fn list(&mut self, depth: usize) -> String {
        match self.pick(7) {
            0 => {
                let (a, b) = (self.expression(Type::Int, depth), self.expression(Type::Int, depth));
                format!("[{a}, {b}]")
            }
            1 => {
                let (a, b) = (self.expression(Type::List, depth), self.expression(Type::List, depth));
                format!("({a} + {b})")
            }
            2 => {
                let (list, at) = (self.expression(Type::List, depth), self.expression(Type::Int, depth));
                format!("{list}[{at}:]")
            }
            3 => format!("sorted({})", self.expression(Type::List, depth)),
            4 => format!("{}[::-1]", self.expression(Type::List, depth)),
            5 => format!("list(range({} % 6))", self.expression(Type::Int, depth)),
            _ => self.comprehension(depth),
        }
    }

    fn comprehension(&mut self, depth: usize) -> String {
        let (list, name) = (self.expression(Type::List, depth), self.new_name());
        self.names.push((name.clone(), Type::Int));
        let (value, condition) = (self.expression(Type::Int, depth), self.expression(Type::Bool, depth));
        self.names.pop();
        format!("[{value} for {name} in {list} if {condition}]")
    }
}
