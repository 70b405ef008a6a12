//! The built-in exception classes.

macro_rules! classes {
    ($($name:ident < $parent:ident),* $(,)?) => {
        /// A built-in exception class of Python.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "the variants are Python's classes by their own names")]
        #[non_exhaustive]
        pub enum ExceptionClass { BaseException, $($name),* }

        impl ExceptionClass {
            /// All of them, every class after its parent.
            pub const ALL: &[Self] = &[Self::BaseException, $(Self::$name),*];

            /// Its name in Python.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { Self::BaseException => "BaseException", $(Self::$name => stringify!($name)),* }
            }

            /// Its direct parent.
            #[must_use]
            pub fn parent(self) -> Option<Self> {
                match self { Self::BaseException => None, $(Self::$name => Some(Self::$parent)),* }
            }

            /// The class of a name, aliases such as `IOError` included.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                match name {
                    "BaseException" => Some(Self::BaseException),
                    "IOError" | "EnvironmentError" => Some(Self::OSError),
                    $(stringify!($name) => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

classes! {
    GeneratorExit < BaseException, KeyboardInterrupt < BaseException, SystemExit < BaseException,
    Exception < BaseException, ArithmeticError < Exception, FloatingPointError < ArithmeticError,
    OverflowError < ArithmeticError, ZeroDivisionError < ArithmeticError, AssertionError < Exception,
    AttributeError < Exception, BufferError < Exception, EOFError < Exception, ImportError < Exception,
    ModuleNotFoundError < ImportError, LookupError < Exception, IndexError < LookupError,
    KeyError < LookupError, MemoryError < Exception, NameError < Exception, UnboundLocalError < NameError,
    OSError < Exception, BlockingIOError < OSError, ChildProcessError < OSError, ConnectionError < OSError,
    BrokenPipeError < ConnectionError, ConnectionAbortedError < ConnectionError,
    ConnectionRefusedError < ConnectionError, ConnectionResetError < ConnectionError,
    FileExistsError < OSError, FileNotFoundError < OSError, InterruptedError < OSError,
    IsADirectoryError < OSError, NotADirectoryError < OSError, PermissionError < OSError,
    ProcessLookupError < OSError, TimeoutError < OSError, ReferenceError < Exception,
    RuntimeError < Exception, NotImplementedError < RuntimeError, RecursionError < RuntimeError,
    StopAsyncIteration < Exception, StopIteration < Exception, SyntaxError < Exception,
    IndentationError < SyntaxError, TabError < IndentationError, SystemError < Exception,
    TypeError < Exception, ValueError < Exception, UnicodeError < ValueError,
    UnicodeDecodeError < UnicodeError, UnicodeEncodeError < UnicodeError,
    UnicodeTranslateError < UnicodeError, Warning < Exception, BytesWarning < Warning,
    DeprecationWarning < Warning, EncodingWarning < Warning, FutureWarning < Warning,
    ImportWarning < Warning, PendingDeprecationWarning < Warning, ResourceWarning < Warning,
    RuntimeWarning < Warning, SyntaxWarning < Warning, UnicodeWarning < Warning, UserWarning < Warning,
}

impl ExceptionClass {
    /// Whether `except other` catches it.
    #[must_use]
    pub fn is_a(self, other: Self) -> bool {
        let mut class = Some(self);
        while let Some(here) = class {
            if here == other {
                return true;
            }
            class = here.parent();
        }
        false
    }
}

impl std::fmt::Display for ExceptionClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::ExceptionClass as E;

    #[test]
    fn the_tree_is_pythons() {
        assert!(E::KeyError.is_a(E::LookupError) && E::KeyError.is_a(E::Exception));
        assert!(!E::KeyError.is_a(E::ValueError) && !E::SystemExit.is_a(E::Exception));
        assert!(E::ALL.iter().all(|class| E::parse(class.name()) == Some(*class)));
    }
}
