//! Sorting without a comparing function: one step that polls. Numbers and texts
//! are compared by keys of one word each; everything else by the order of
//! values, which may raise.

use super::walk::reserve;
use crate::access::text_of;
use crate::equality::{LONG, order_in};
use crate::error::Raise;
use crate::native::Step;
use crate::object::container::ContainerRef;
use std::cmp::Ordering;

/// Blocks of so many are sorted by the standard library where the order is a
/// total one.
const BLOCK: usize = 8_192;
/// As many texts that are longer than [`MEDIUM`], each of which takes long to compare.
const FEW: usize = 64;
/// Bytes of a text that many of are compared between two looks at the limits.
const MEDIUM: usize = 512;
/// Blocks of so many are sorted by insertion where comparing may fail.
const SMALL: usize = 8;

/// Sorts positions by the values that they name, stably in either direction.
pub(super) fn sort(step: &mut Step<'_>, by: ContainerRef, positions: &mut [usize], down: bool) -> Result<(), Raise> {
    let turned = |o: Ordering| if down { o.reverse() } else { o };
    let all = |test: fn(crate::value::Raw) -> bool| positions.iter().all(|&i| test(by.get(i)));
    // The complement of an int orders the other way round.
    let mask = if down { -1 } else { 0 };
    if all(|v| v.is_int()) {
        return keyed(step, positions, BLOCK, |i| by.get(i).int_bits() ^ mask, |a, b| a.0.cmp(&b.0));
    }
    if all(|v| v.is_float()) {
        return keyed(step, positions, BLOCK, |i| ordered_bits(by.get(i).float_bits()) ^ mask, |a, b| a.0.cmp(&b.0));
    }
    // The longest text, where all are texts.
    let longest = positions.iter().try_fold(0, |most, &i| Some(text_of(&by.get(i))?.len().max(most)));
    if let Some(longest) = longest
        && longest <= LONG
    {
        return keyed(
            step,
            positions,
            if longest <= MEDIUM { BLOCK } else { FEW },
            |i| prefix(by, i),
            |a, b| {
                let whole = || text_of(&by.get(a.1)).cmp(&text_of(&by.get(b.1)));
                turned(a.0.cmp(&b.0).then_with(whole))
            },
        );
    }
    let mut items = reserve(positions.len())?;
    items.extend(positions.iter().copied());
    merge_sort(step, &mut items, SMALL, insertion, &mut |step, a: &usize, b: &usize| {
        let o = order_in(step.vm, by.get(*a), by.get(*b))?;
        Ok(turned(o.unwrap_or(Ordering::Equal)))
    })?;
    positions.copy_from_slice(&items);
    Ok(())
}

/// An int that orders as the float does, which is not NaN; -0.0 equals 0.0.
fn ordered_bits(v: f64) -> i64 {
    let bits = (v + 0.0).to_bits() as i64;
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}

/// The first eight bytes as a number that orders as they do.
fn prefix(by: ContainerRef, i: usize) -> u64 {
    let v = by.get(i);
    let bytes = text_of(&v).unwrap_or("").as_bytes();
    let mut word = [0u8; 8];
    let n = bytes.len().min(8);
    word[..n].copy_from_slice(&bytes[..n]);
    u64::from_be_bytes(word)
}

/// Sorts with a key beside each position; the order is a total one.
fn keyed<K: Copy>(
    step: &mut Step<'_>,
    positions: &mut [usize],
    block_size: usize,
    key: impl Fn(usize) -> K,
    order: impl Fn(&(K, usize), &(K, usize)) -> Ordering,
) -> Result<(), Raise> {
    let mut items = reserve(positions.len())?;
    items.extend(positions.iter().map(|&i| (key(i), i)));
    let block = |_: &mut Step<'_>, items: &mut [(K, usize)], _: &mut Compare<'_, (K, usize)>| {
        // Equal keys in the order of their positions: stable without a buffer.
        items.sort_unstable_by(|a, b| order(a, b).then(a.1.cmp(&b.1)));
        Ok(())
    };
    merge_sort(step, &mut items, block_size, block, &mut |_, a, b| Ok(order(a, b)))?;
    for (p, item) in positions.iter_mut().zip(items) {
        *p = item.1;
    }
    Ok(())
}

type Compare<'c, T> = dyn FnMut(&mut Step<'_>, &T, &T) -> Result<Ordering, Raise> + 'c;

fn insertion<T: Copy>(step: &mut Step<'_>, items: &mut [T], compare: &mut Compare<'_, T>) -> Result<(), Raise> {
    for i in 1..items.len() {
        let mut at = i;
        while at > 0 && compare(step, &items[at], &items[at - 1])? == Ordering::Less {
            items.swap(at, at - 1);
            at -= 1;
        }
    }
    Ok(())
}

/// A stable bottom-up merge sort over sorted blocks. Any comparator is safe:
/// one that is no order only gives some permutation.
fn merge_sort<T: Copy>(
    step: &mut Step<'_>,
    items: &mut [T],
    block: usize,
    sort_block: impl Fn(&mut Step<'_>, &mut [T], &mut Compare<'_, T>) -> Result<(), Raise>,
    compare: &mut Compare<'_, T>,
) -> Result<(), Raise> {
    for part in items.chunks_mut(block) {
        sort_block(step, part, compare)?;
        step.poll(part.len() * 4)?;
    }
    let mut scratch: Vec<T> = reserve(items.len())?;
    let mut width = block;
    while width < items.len() {
        for pair in items.chunks_mut(width.saturating_mul(2)) {
            if pair.len() <= width {
                continue;
            }
            let (left, right) = pair.split_at(width);
            // Runs that follow one another in order already are left alone.
            if compare(step, &right[0], &left[width - 1])? != Ordering::Less {
                continue;
            }
            scratch.clear();
            let (mut i, mut j, mut polled) = (0, 0, 0);
            while i < left.len() && j < right.len() {
                if compare(step, &right[j], &left[i])? == Ordering::Less {
                    scratch.push(right[j]);
                    j += 1;
                } else {
                    scratch.push(left[i]);
                    i += 1;
                }
                if scratch.len() - polled >= 4_096 {
                    step.poll(scratch.len() - polled)?;
                    polled = scratch.len();
                }
            }
            scratch.extend_from_slice(&left[i..]);
            scratch.extend_from_slice(&right[j..]);
            pair.copy_from_slice(&scratch);
        }
        width = width.saturating_mul(2);
    }
    Ok(())
}
