//! What Weave values are read as.

use super::{FromValue, Mismatch};
use crate::error::ErrorKind;
use crate::handle::Handle;
use crate::native::{Container, Value};
use crate::object::range::Range;
use crate::scope::Scope;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

macro_rules! read {
    ($($type:ty, $expected:literal, $read:expr;)*) => {$(
        impl FromValue for $type {
            fn from_value<'s>(v: Value<'s>, _: &mut Scope<'s>) -> Result<$type, Mismatch> {
                let read: fn(Value<'s>) -> Option<$type> = $read;
                read(v).ok_or_else(|| Mismatch::new($expected, v))
            }
        }
    )*};
}

read! {
    (), "anything", |_| Some(());
    bool, "a bool", |v| v.as_bool();
    i64, "an int", |v| v.as_int();
    f64, "a number", |v| v.as_float();
    String, "a string", |v| v.as_text().map(str::to_owned);
    Range, "a range", |v| v.as_range();
}

macro_rules! integers {
    ($($type:ty)*) => {$(
        impl FromValue for $type {
            fn from_value<'s>(v: Value<'s>, _: &mut Scope<'s>) -> Result<$type, Mismatch> {
                let n = v.as_int().ok_or_else(|| Mismatch::new("an int", v))?;
                <$type>::try_from(n).map_err(|_| {
                    let range = format!("from {} to {}", <$type>::MIN, <$type>::MAX);
                    Mismatch::of(ErrorKind::Value, range, n.to_string())
                })
            }
        }
    )*};
}

integers!(i8 i16 i32 isize u8 u16 u32 u64 usize);

impl FromValue for Handle {
    fn from_value<'s>(v: Value<'s>, scope: &mut Scope<'s>) -> Result<Handle, Mismatch> {
        Ok(scope.keep(v))
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value<'s>(v: Value<'s>, scope: &mut Scope<'s>) -> Result<Option<T>, Mismatch> {
        if v.is_nil() { Ok(None) } else { T::from_value(v, scope).map(Some) }
    }

    fn left_out() -> Option<Option<T>> {
        Some(None)
    }
}

fn container<'s>(v: Value<'s>, expected: &str) -> Result<Container<'s>, Mismatch> {
    v.as_container().ok_or_else(|| Mismatch::new(expected, v))
}

fn item<'s, T: FromValue>(c: Container<'s>, i: usize, scope: &mut Scope<'s>) -> Result<T, Mismatch> {
    T::from_value(c.get(i), scope).map_err(|m| m.inside(format!("item {i}")))
}

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value<'s>(v: Value<'s>, scope: &mut Scope<'s>) -> Result<Vec<T>, Mismatch> {
        let c = container(v, "a container")?;
        (0..c.len()).map(|i| item(c, i, scope)).collect()
    }
}

macro_rules! tuples {
    ($($count:literal: $($type:ident $i:literal),*;)*) => {$(
        impl<$($type: FromValue),*> FromValue for ($($type,)*) {
            fn from_value<'s>(v: Value<'s>, scope: &mut Scope<'s>) -> Result<($($type,)*), Mismatch> {
                let expected = concat!("a container of ", $count, " values");
                let c = container(v, expected)?;
                if c.len() != $count {
                    return Err(Mismatch::of(ErrorKind::Value, expected.to_owned(), format!("one of {}", c.len())));
                }
                Ok(($(item::<$type>(c, $i, scope)?,)*))
            }
        }
    )*};
}

tuples! {
    2: A 0, B 1;
    3: A 0, B 1, C 2;
}

/// The values of a container whose values all have keys.
fn fields<'s, T: FromValue>(
    v: Value<'s>,
    scope: &mut Scope<'s>,
    mut each: impl FnMut(String, T),
) -> Result<(), Mismatch> {
    let expected = "a container with keys";
    let c = container(v, expected)?;
    for i in 0..c.len() {
        let key = c.key(i);
        let Some(text) = key.as_text() else {
            return Err(Mismatch::of(ErrorKind::Value, expected.to_owned(), "one that has values without".to_owned()));
        };
        let v = T::from_value(c.get(i), scope).map_err(|m| m.inside(format!("`{text}`")))?;
        each(text.to_owned(), v);
    }
    Ok(())
}

impl<T: FromValue> FromValue for BTreeMap<String, T> {
    fn from_value<'s>(v: Value<'s>, scope: &mut Scope<'s>) -> Result<Self, Mismatch> {
        let mut map = BTreeMap::new();
        fields(v, scope, |key, v| drop(map.insert(key, v)))?;
        Ok(map)
    }
}

impl<T: FromValue, S: BuildHasher + Default> FromValue for HashMap<String, T, S>
where
    String: Hash,
{
    fn from_value<'s>(v: Value<'s>, scope: &mut Scope<'s>) -> Result<Self, Mismatch> {
        let mut map = HashMap::default();
        fields(v, scope, |key, v| drop(map.insert(key, v)))?;
        Ok(map)
    }
}
