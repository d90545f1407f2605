//! Changes of a file's bytes, behind a header that fits again.

use crate::hostile::Dice;
use weave_bytecode::serial::{HEADER, MAGIC, VERSION};

/// Numbers at the edges of what 16 and 32 bits hold.
const EDGES: [u32; 8] = [0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff];

/// Changes one to three places of a file's body, and makes length and checksum fit.
pub(super) fn change(file: &mut Vec<u8>, dice: &mut Dice) {
    for _ in 0..1 + dice.below(3) {
        let length = file.len().saturating_sub(HEADER);
        if length < 8 {
            break;
        }
        let at = HEADER + dice.below(length - 4);
        match dice.below(8) {
            0 => file[at] = dice.below(256) as u8,
            1 => file[at] = file[at].wrapping_add(1),
            2 => file[at] = file[at].wrapping_sub(1),
            3 => file[at] ^= 1 << dice.below(8),
            4 => file[at..at + 4].copy_from_slice(&EDGES[dice.below(EDGES.len())].to_le_bytes()),
            5 => drop(file.remove(at)),
            6 => file.insert(at, dice.below(256) as u8),
            _ => {
                // A piece from elsewhere.
                let from = HEADER + dice.below(length);
                let size = (1 + dice.below(16)).min(file.len() - from).min(file.len() - at);
                file.copy_within(from..from + size, at);
            }
        }
    }
    seal(file);
}

/// Makes the header of a file fit its body.
pub fn seal(file: &mut [u8]) {
    if file.len() < HEADER {
        return;
    }
    let (header, body) = file.split_at_mut(HEADER);
    header[..8].copy_from_slice(&MAGIC);
    header[8..12].copy_from_slice(&VERSION.to_le_bytes());
    header[12..16].copy_from_slice(&(body.len() as u32).to_le_bytes());
    header[16..20].copy_from_slice(&crc32fast::hash(body).to_le_bytes());
}
