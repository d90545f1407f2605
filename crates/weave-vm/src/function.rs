//! Rust functions with Rust parameters as Weave functions.

use crate::convert::{FromValue, IntoValue};
use crate::error::{ErrorKind, Raise, RuntimeError};
use crate::native::{Run, Step, Value};
use crate::vm::Vm;
use std::sync::Arc;
use weave_bytecode::signature::{Parameter as Declared, Signature};

/// What a parameter of a Rust function takes: any [`FromValue`], `&str`, which borrows
/// the argument's text, or [`Rest`].
///
/// ```
/// let mut vm = weave_vm::Vm::new();
/// vm.define("shout", ["text", "times"], |text: &str, times: Option<usize>| {
///     text.to_uppercase().repeat(times.unwrap_or(1))
/// });
/// assert!(vm.signatures().iter().any(|s| &*s.name == "shout"));
/// ```
pub trait Parameter: Sized {
    /// What the function gets: the type itself, borrowed for `'v` where it borrows.
    type Argument<'v>;

    /// Whether an argument may be left out.
    #[doc(hidden)]
    fn is_optional() -> bool;

    /// Whether it takes all surplus arguments.
    #[doc(hidden)]
    fn is_rest() -> bool {
        false
    }

    /// Reads argument `i`, whose value was copied to `place`.
    #[doc(hidden)]
    fn read<'v, 's>(place: &'v Value<'s>, i: usize, step: &mut Step<'s>) -> Result<Self::Argument<'v>, Raise>;
}

impl<T: FromValue> Parameter for T {
    type Argument<'v> = T;

    fn is_optional() -> bool {
        T::left_out().is_some()
    }

    fn read<'s>(place: &Value<'s>, i: usize, step: &mut Step<'s>) -> Result<T, Raise> {
        if step.given(i).is_none()
            && let Some(v) = T::left_out()
        {
            return Ok(v);
        }
        T::from_value(*place, step).map_err(|m| m.raise(step.parameter(i)).of_function(step.name()))
    }
}

impl Parameter for &str {
    type Argument<'v> = &'v str;

    fn is_optional() -> bool {
        false
    }

    fn read<'v, 's>(place: &'v Value<'s>, i: usize, step: &mut Step<'s>) -> Result<&'v str, Raise> {
        place.as_text().ok_or_else(|| step.expected(i, "a string"))
    }
}

/// All arguments behind the others: the last parameter of a Rust function that takes
/// any number of them.
///
/// ```
/// use weave_vm::{Rest, Vm};
///
/// let mut vm = Vm::new();
/// vm.define("longest", ["words"], |words: Rest<String>| words.0.into_iter().max_by_key(String::len));
/// let signature = vm.signatures().into_iter().find(|s| &*s.name == "longest").unwrap();
/// assert!(signature.parameters[0].rest);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rest<T>(pub Vec<T>);

impl<T: FromValue> Parameter for Rest<T> {
    type Argument<'v> = Rest<T>;

    fn is_optional() -> bool {
        false
    }

    fn is_rest() -> bool {
        true
    }

    fn read<'s>(_: &Value<'s>, i: usize, step: &mut Step<'s>) -> Result<Rest<T>, Raise> {
        let given = i..step.count();
        let read = |at: usize| {
            let v = step.arg(at);
            T::from_value(v, step).map_err(|m| {
                let m = m.inside(format!("item {}", at - i));
                m.raise(step.parameter(i)).of_function(step.name())
            })
        };
        given.map(read).collect::<Result<Vec<T>, Raise>>().map(Rest)
    }
}

/// A Rust function or closure that [`Vm::define`] makes a Weave function of: up to six
/// parameters, each a [`Parameter`], and a result that is an [`IntoValue`]. `P` is the
/// tuple of its parameters' types, which nobody needs to write.
///
/// ```
/// fn halve(n: i64) -> Result<i64, String> {
///     if n % 2 == 0 { Ok(n / 2) } else { Err(format!("{n} is odd")) }
/// }
/// weave_vm::Vm::new().define("halve", ["n"], halve);
/// ```
pub trait HostFunction<P>: Send + Sync + 'static {
    /// The names of its parameters, as many as it has.
    type Names: AsRef<[&'static str]>;

    #[doc(hidden)]
    fn kinds() -> Vec<(bool, bool)>;

    #[doc(hidden)]
    fn call<'s>(&self, step: &mut Step<'s>) -> Result<Value<'s>, Raise>;
}

macro_rules! functions {
    ($($count:literal: $($type:ident $arg:ident $i:literal),*;)*) => {$(
        impl<F, R, $($type),*> HostFunction<($($type,)*)> for F
        where
            F: Fn($($type),*) -> R + for<'v> Fn($($type::Argument<'v>),*) -> R + Send + Sync + 'static,
            R: IntoValue,
            $($type: Parameter,)*
        {
            type Names = [&'static str; $count];

            fn kinds() -> Vec<(bool, bool)> {
                vec![$(($type::is_optional(), $type::is_rest())),*]
            }

            fn call<'s>(&self, step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
                $(let $arg = step.arg($i);)*
                let result = self($($type::read(&$arg, $i, step)?),*);
                result.into_value(step)
            }
        }
    )*};
}

functions! {
    0: ;
    1: A a 0;
    2: A a 0, B b 1;
    3: A a 0, B b 1, C c 2;
    4: A a 0, B b 1, C c 2, D d 3;
    5: A a 0, B b 1, C c 2, D d 3, E e 4;
    6: A a 0, B b 1, C c 2, D d 3, E e 4, G g 5;
}

impl Vm {
    /// Makes a Rust function known under a name to programs that are compiled with
    /// [`Vm::signatures`] and loaded afterwards. Weave checks the number of arguments
    /// when it compiles a call or makes it; types are checked when it is called, with
    /// an error that names the parameter and both types. A panic inside becomes an
    /// error of kind `:internal`.
    ///
    /// A function of the same name is replaced for programs that are loaded from now on.
    /// One that calls functions it is given is a [`Native`](crate::native::Native)
    /// of several steps, since Rust code never calls into a running machine.
    ///
    /// # Errors
    /// `:arity` where a [`Rest`] is not the last parameter, or two parameters have one
    /// name.
    ///
    /// ```
    /// # use weave_compiler::{Options, compile};
    /// # use std::sync::Arc;
    /// use weave_vm::Vm;
    ///
    /// let mut vm = Vm::new();
    /// vm.define("area", ["width", "height"], |w: f64, h: f64| w * h)?;
    /// let core = vm.signatures();
    /// let options = Options { core: &core, value: true, ..Options::default() };
    /// let chunk = compile("area(3, 1.5)", "shapes.wv", &options).unwrap().chunk;
    /// let program = vm.load(&Arc::new(chunk), None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<f64>()?, 4.5);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn define<P, F: HostFunction<P>>(
        &mut self,
        name: &str,
        parameters: F::Names,
        function: F,
    ) -> Result<(), Box<RuntimeError>> {
        let kinds = F::kinds();
        let names = parameters.as_ref();
        let last = kinds.len().saturating_sub(1);
        if kinds.iter().take(last).any(|&(_, rest)| rest) {
            return Err(
                Raise::new(ErrorKind::Arity, format!("{name}: only the last parameter can take the rest")).into()
            );
        }
        if let Some(twice) = names.iter().enumerate().find(|(i, n)| names[..*i].contains(n)) {
            return Err(Raise::new(ErrorKind::Arity, format!("{name}: two parameters are called {}", twice.1)).into());
        }
        let declare = |(&name, (optional, rest)): (&&str, (bool, bool))| Declared { name: name.into(), optional, rest };
        let signature = Signature { name: name.into(), parameters: names.iter().zip(kinds).map(declare).collect() };
        self.register_as(signature, "", &[], Run::Host(Arc::new(move |step| function.call(step))));
        Ok(())
    }
}
