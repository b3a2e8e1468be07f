//! Where the constants of the page's program lie in memory: those of its first part side by side, and after them those that
//! only its second part knows, which come with it.
//!
//! An address in a program is a number like any other. So the linker is asked for its own records ([`LINKER`]), which say where
//! a program names which constant. From them each gets an address far away, at which no other number of the program points, and
//! keeps it until the program is cut: then it is known who needs it, and it gets its place.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Range, RangeInclusive};

use anyhow::{Context, Result, bail};
use walrus::ir::{self, Instr, Value};
use walrus::{ConstExpr, DataKind, GlobalKind, LocalFunction, Module};

use self::records::{Mention, Records};

mod records;

/// What the linker must be told for [`Constants::of`]: to keep constants apart, and its records.
pub const LINKER: [&str; 2] = ["--no-merge-data-segments", "--emit-relocs"];

/// How many bytes an address takes in code, as the linker writes it, and in data.
const IN_CODE: usize = 5;
const IN_DATA: usize = 4;

/// A constant, or what keeps its place: a variable with what it begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    bytes: Vec<u8>,
    align: u32,
    pointers: Vec<Pointer>,
    /// Of a constant, while the program is not cut yet.
    address: u32,
    /// The addresses that mean a constant until then: of its bytes, of its end, and whatever else the program names.
    known_as: RangeInclusive<u32>,
}

/// At `at` in a piece stands the address of the constant `piece`, and `offset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pointer {
    at: usize,
    piece: usize,
    offset: i64,
}

/// All of a program.
#[derive(Debug, Default)]
pub struct Constants {
    pieces: Vec<Piece>,
    /// Where the linker had them.
    place: Range<u32>,
    /// What keeps its place after them.
    fixed: Vec<Piece>,
}

impl Constants {
    /// The constants of a linked program, and the program with far addresses for them.
    ///
    /// # Errors
    /// When `linked` was not linked with [`LINKER`], or has an address in a way that is not known.
    pub fn of(linked: &[u8]) -> Result<(Constants, Vec<u8>)> {
        let records = Records::of(linked).context("cannot read what the linker says of the constants")?;
        let mut module = Module::from_buffer(linked)?;
        let mut constants = records.constants()?;
        let mentions = records.mentions(linked)?;
        for global in module.globals.iter() {
            if let GlobalKind::Local(ConstExpr::Value(Value::I32(value))) = global.kind {
                let value = value.cast_unsigned();
                if value > constants.place.start && value < constants.place.end {
                    bail!("a global has the address of a constant: {value}");
                }
            }
        }
        let mut numbers = BTreeSet::new();
        for (_, function) in module.funcs.iter_local_mut() {
            for_each_address(function, |number| {
                numbers.insert(*number);
            });
        }
        constants.move_away(&mentions, &numbers)?;

        let mut far = linked.to_vec();
        for mention in &mentions {
            let place = far.get_mut(mention.at..mention.at + IN_CODE).context("an address after the end")?;
            write_leb(place, constants.far_address(mention.piece, mention.offset)?);
        }
        Ok((constants, far))
    }

    /// Gives every piece addresses that no number of the program is.
    fn move_away(&mut self, mentions: &[Mention], numbers: &BTreeSet<u32>) -> Result<()> {
        let sizes = self.pieces.iter().map(|piece| i64::try_from(piece.bytes.len()));
        let mut reach = sizes.map(|size| Ok((0, size?))).collect::<Result<Vec<(i64, i64)>>>()?;
        for mention in mentions {
            let (from, to) = reach.get_mut(mention.piece).context("a constant that is not there")?;
            (*from, *to) = ((*from).min(mention.offset), (*to).max(mention.offset));
        }
        let whole: i64 = reach.iter().map(|(from, to)| to - from + 1).sum();
        let mut free = i64::from(self.place.end);
        for number in
            numbers.iter().map(|number| i64::from(*number)).filter(|number| *number >= free).collect::<Vec<_>>()
        {
            if number - free >= whole {
                break;
            }
            free = number + 1;
        }
        if free + whole > i64::from(i32::MAX) {
            bail!("the program has numbers everywhere");
        }
        for (piece, (from, to)) in self.pieces.iter_mut().zip(reach) {
            piece.address = u32::try_from(free - from)?;
            piece.known_as = u32::try_from(free)?..=u32::try_from(free + to - from)?;
            free += to - from + 1;
        }
        Ok(())
    }

    fn far_address(&self, piece: usize, offset: i64) -> Result<u32> {
        let piece = self.pieces.get(piece).context("a constant that is not there")?;
        Ok(u32::try_from(i64::from(piece.address) + offset)?)
    }

    /// Which piece has a far address.
    fn piece_at(&self, far: u32) -> Option<usize> {
        let after = self.pieces.partition_point(|piece| *piece.known_as.start() <= far);
        let index = after.checked_sub(1)?;
        self.pieces.get(index)?.known_as.contains(&far).then_some(index)
    }

    /// Puts every piece where its address will be, and into the part that needs it: into `first` what that names itself, or by
    /// something that it names. Variables stay there, for they must not begin a second time.
    ///
    /// # Errors
    /// When they take more room than the linker gave them.
    pub fn place(&self, first: &mut Module, more: &mut Module) -> Result<()> {
        let by_fixed = self.fixed.iter().flat_map(|piece| &piece.pointers).map(|pointer| pointer.piece);
        let here = self.with_pointed_at(self.named_in(first).into_iter().chain(by_fixed));
        let all = self.with_pointed_at(self.named_in(more));
        let later: BTreeSet<usize> = all.difference(&here).copied().collect();
        let mut addresses = BTreeMap::new();
        let mut end = self.place.start;
        let mut parts = Vec::new();
        for pieces in [here, later] {
            let mut part = Vec::new();
            for index in self.in_order(pieces) {
                let Some(piece) = self.pieces.get(index) else { continue };
                let address = end.next_multiple_of(piece.align);
                addresses.insert(index, address);
                end = address + u32::try_from(piece.bytes.len())?;
                part.push((address, piece));
            }
            parts.push(part);
        }
        if end > self.place.end {
            bail!("the constants end at {end}, the linker's at {}", self.place.end);
        }
        for (module, part) in [&mut *first, more].into_iter().zip(parts) {
            forget_records(module);
            self.readdress(module, &addresses)?;
            write(module, &part, &addresses)?;
        }
        let fixed: Vec<(u32, &Piece)> = self.fixed.iter().map(|piece| (piece.address, piece)).collect();
        write(first, &fixed, &addresses)
    }

    /// Without gaps, and as they compress best: like beside like, texts by the alphabet.
    fn in_order(&self, pieces: BTreeSet<usize>) -> Vec<usize> {
        let mut pieces: Vec<usize> = pieces.into_iter().collect();
        pieces.sort_by_key(|index| {
            self.pieces.get(*index).map(|piece| {
                let pointers: Vec<usize> = piece.pointers.iter().map(|pointer| pointer.at).collect();
                let text = (piece.align == 1).then_some(&piece.bytes);
                (Reverse(piece.align), pointers, text, piece.bytes.len())
            })
        });
        pieces
    }

    fn named_in(&self, module: &mut Module) -> Vec<usize> {
        let mut named = Vec::new();
        for (_, function) in module.funcs.iter_local_mut() {
            for_each_address(function, |number| named.extend(self.piece_at(*number)));
        }
        named
    }

    /// These, and all that they point at.
    fn with_pointed_at(&self, pieces: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        let mut open: Vec<usize> = pieces.into_iter().collect();
        let mut found = BTreeSet::new();
        while let Some(index) = open.pop() {
            if found.insert(index) {
                open.extend(self.pieces.get(index).into_iter().flat_map(|piece| &piece.pointers).map(|to| to.piece));
            }
        }
        found
    }

    /// Turns a part's far addresses into those in memory.
    fn readdress(&self, module: &mut Module, addresses: &BTreeMap<usize, u32>) -> Result<()> {
        let mut lost = false;
        for (_, function) in module.funcs.iter_local_mut() {
            for_each_address(function, |number| {
                let Some(index) = self.piece_at(*number) else { return };
                match (self.pieces.get(index), addresses.get(&index)) {
                    (Some(piece), Some(address)) => *number = address.wrapping_add(number.wrapping_sub(piece.address)),
                    _ => lost = true,
                }
            });
        }
        if lost {
            bail!("a constant that is named has no place");
        }
        Ok(())
    }
}

/// Takes out what the linker wrote: all data, where it had it, and what it said of it.
fn forget_records(module: &mut Module) {
    for data in module.data.iter().map(walrus::Data::id).collect::<Vec<_>>() {
        module.data.delete(data);
    }
    for memory in module.memories.iter_mut() {
        memory.data_segments.clear();
    }
    for name in ["linking", "reloc.CODE", "reloc.DATA"] {
        module.customs.remove_raw(name);
    }
}

/// Makes a part begin with these, one after the other, in memory.
fn write(module: &mut Module, pieces: &[(u32, &Piece)], addresses: &BTreeMap<usize, u32>) -> Result<()> {
    let Some((start, _)) = pieces.first() else { return Ok(()) };
    let mut bytes = Vec::new();
    for (address, piece) in pieces {
        bytes.resize((address - start) as usize, 0);
        let begin = bytes.len();
        bytes.extend_from_slice(&piece.bytes);
        for pointer in &piece.pointers {
            let to = addresses.get(&pointer.piece).context("a constant that is pointed at has no place")?;
            let to = u32::try_from(i64::from(*to) + pointer.offset)?;
            let place = bytes.get_mut(begin + pointer.at..begin + pointer.at + IN_DATA).context("a cut address")?;
            place.copy_from_slice(&to.to_le_bytes());
        }
    }
    // Memory is zero already.
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    bytes.truncate(end);
    if bytes.is_empty() {
        return Ok(());
    }
    let memory = module.memories.iter_mut().next().context("there is no memory")?;
    let offset = ConstExpr::Value(Value::I32(start.cast_signed()));
    let data = module.data.add(DataKind::Active { memory: memory.id(), offset }, bytes);
    memory.data_segments.insert(data);
    Ok(())
}

/// Shows every number that can be an address, and takes what becomes of it.
fn for_each_address(function: &mut LocalFunction, change: impl FnMut(&mut u32)) {
    struct Addresses<F>(F);
    impl<F: FnMut(&mut u32)> ir::VisitorMut for Addresses<F> {
        fn visit_instr_mut(&mut self, instruction: &mut Instr, _: &mut ir::InstrLocId) {
            let offset = match instruction {
                Instr::Const(ir::Const { value: Value::I32(value) }) => {
                    let mut number = value.cast_unsigned();
                    self.0(&mut number);
                    *value = number.cast_signed();
                    return;
                }
                Instr::Load(load) => &mut load.arg.offset,
                Instr::Store(store) => &mut store.arg.offset,
                Instr::LoadSimd(load) => &mut load.arg.offset,
                Instr::AtomicRmw(atomic) => &mut atomic.arg.offset,
                Instr::Cmpxchg(atomic) => &mut atomic.arg.offset,
                Instr::AtomicNotify(atomic) => &mut atomic.arg.offset,
                Instr::AtomicWait(atomic) => &mut atomic.arg.offset,
                _ => return,
            };
            if let Ok(mut number) = u32::try_from(*offset) {
                self.0(&mut number);
                *offset = number.into();
            }
        }
    }
    let entry = function.entry_block();
    ir::dfs_pre_order_mut(&mut Addresses(change), function, entry);
}

/// A number below 2³¹ as the linker writes it: always in five bytes.
fn write_leb(place: &mut [u8], number: u32) {
    let more = place.len() - 1;
    for (index, byte) in place.iter_mut().enumerate() {
        let low = u8::try_from(number >> (7 * index) & 0x7f).unwrap_or_default();
        *byte = if index == more { low } else { low | 0x80 };
    }
}

#[cfg(test)]
mod tests;
