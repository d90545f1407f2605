//! What Rust values become.

use super::IntoValue;
use crate::error::{ErrorKind, Raise};
use crate::handle::Handle;
use crate::native::Value;
use crate::object::host::HostObject;
use crate::object::range::Range;
use crate::scope::Scope;
use std::collections::BTreeMap;

macro_rules! plain {
    ($($type:ty, $make:expr;)*) => {$(
        impl IntoValue for $type {
            fn into_value<'s>(self, _: &mut Scope<'s>) -> Result<Value<'s>, Raise> {
                let make: fn($type) -> Value<'s> = $make;
                Ok(make(self))
            }
        }
    )*};
}

plain! {
    (), |()| Value::nil();
    bool, Value::bool;
    i64, Value::int;
    i32, |n| Value::int(n.into());
    i16, |n| Value::int(n.into());
    i8, |n| Value::int(n.into());
    u32, |n| Value::int(n.into());
    u16, |n| Value::int(n.into());
    u8, |n| Value::int(n.into());
    f64, Value::float;
    f32, |x| Value::float(x.into());
}

macro_rules! wide {
    ($($type:ty)*) => {$(
        impl IntoValue for $type {
            fn into_value<'s>(self, _: &mut Scope<'s>) -> Result<Value<'s>, Raise> {
                i64::try_from(self).map(Value::int).map_err(|_| {
                    Raise::new(ErrorKind::Overflow, format!("{self} has no room in an int of 64 bits"))
                })
            }
        }
    )*};
}

wide!(u64 usize isize u128 i128);

impl IntoValue for &str {
    fn into_value<'s>(self, scope: &mut Scope<'s>) -> Result<Value<'s>, Raise> {
        scope.text(self)
    }
}

impl IntoValue for String {
    fn into_value<'s>(self, scope: &mut Scope<'s>) -> Result<Value<'s>, Raise> {
        scope.text(&self)
    }
}

impl IntoValue for char {
    fn into_value<'s>(self, scope: &mut Scope<'s>) -> Result<Value<'s>, Raise> {
        scope.text(self.encode_utf8(&mut [0; 4]))
    }
}

impl IntoValue for Range {
    fn into_value<'s>(self, scope: &mut Scope<'s>) -> Result<Value<'s>, Raise> {
        scope.range(self)
    }
}

impl IntoValue for Box<dyn HostObject> {
    fn into_value<'s>(self, scope: &mut Scope<'s>) -> Result<Value<'s>, Raise> {
        scope.host(self)
    }
}

impl IntoValue for &Handle {
    fn into_value<'s>(self, scope: &mut Scope<'s>) -> Result<Value<'s>, Raise> {
        scope.value(self)
    }
}

impl IntoValue for Handle {
    fn into_value<'s>(self, scope: &mut Scope<'s>) -> Result<Value<'s>, Raise> {
        scope.value(&self)
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    fn into_value<'s>(self, scope: &mut Scope<'s>) -> Result<Value<'s>, Raise> {
        self.map_or(Ok(Value::nil()), |v| v.into_value(scope))
    }
}

impl<T: IntoValue, E: Into<Raise>> IntoValue for Result<T, E> {
    fn into_value<'s>(self, scope: &mut Scope<'s>) -> Result<Value<'s>, Raise> {
        self.map_err(E::into)?.into_value(scope)
    }
}

fn list<'s, T: IntoValue>(items: impl ExactSizeIterator<Item = T>, scope: &mut Scope<'s>) -> Result<Value<'s>, Raise> {
    let c = scope.container(items.len())?;
    for item in items {
        let v = item.into_value(scope)?;
        scope.push(c, v)?;
    }
    Ok(c.value())
}

impl<T: IntoValue> IntoValue for Vec<T> {
    fn into_value<'s>(self, scope: &mut Scope<'s>) -> Result<Value<'s>, Raise> {
        list(self.into_iter(), scope)
    }
}

impl<T: IntoValue, const N: usize> IntoValue for [T; N] {
    fn into_value<'s>(self, scope: &mut Scope<'s>) -> Result<Value<'s>, Raise> {
        list(self.into_iter(), scope)
    }
}

impl<T: IntoValue + Clone> IntoValue for &[T] {
    fn into_value<'s>(self, scope: &mut Scope<'s>) -> Result<Value<'s>, Raise> {
        list(self.iter().cloned(), scope)
    }
}

impl<A: IntoValue, B: IntoValue> IntoValue for (A, B) {
    fn into_value<'s>(self, scope: &mut Scope<'s>) -> Result<Value<'s>, Raise> {
        let c = scope.container(2)?;
        for v in [self.0.into_value(scope)?, self.1.into_value(scope)?] {
            scope.push(c, v)?;
        }
        Ok(c.value())
    }
}

impl<A: IntoValue, B: IntoValue, C: IntoValue> IntoValue for (A, B, C) {
    fn into_value<'s>(self, scope: &mut Scope<'s>) -> Result<Value<'s>, Raise> {
        let c = scope.container(3)?;
        for v in [self.0.into_value(scope)?, self.1.into_value(scope)?, self.2.into_value(scope)?] {
            scope.push(c, v)?;
        }
        Ok(c.value())
    }
}

impl<K: AsRef<str>, T: IntoValue> IntoValue for BTreeMap<K, T> {
    fn into_value<'s>(self, scope: &mut Scope<'s>) -> Result<Value<'s>, Raise> {
        let c = scope.container(self.len())?;
        for (key, v) in self {
            let v = v.into_value(scope)?;
            scope.put_text(c, key.as_ref(), v)?;
        }
        Ok(c.value())
    }
}
