//! What the linker wrote down of a program, held against the program.

use anyhow::{Context, Result, bail};
use wasmparser::{
    KnownCustom, Linking, Operator, Parser, Payload, RelocationEntry, RelocationType, SymbolFlags, SymbolInfo,
};

use super::{Constants, IN_CODE, IN_DATA, LINKER, Piece, Pointer};

/// A place in the code that names a piece.
#[derive(Clone, Copy, Debug)]
pub struct Mention {
    /// In the file.
    pub at: usize,
    pub piece: usize,
    pub offset: i64,
}

/// What the linker wrote down.
#[derive(Debug, Default)]
pub struct Records<'a> {
    /// Where the sections begin in the file.
    code: usize,
    data: usize,
    segments: Vec<Segment<'a>>,
    /// How many of them have constants; those from the first variable on stay where they are.
    moving: usize,
    /// Symbol by symbol: the segment and the place in it, if it is of data.
    symbols: Vec<Option<(usize, u32)>>,
    in_code: Vec<RelocationEntry>,
    in_data: Vec<RelocationEntry>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Segment<'a> {
    address: u32,
    bytes: &'a [u8],
    /// Where its bytes begin in the file.
    at: usize,
    name: &'a str,
    align: u32,
}

impl<'a> Records<'a> {
    pub fn of(linked: &'a [u8]) -> Result<Records<'a>> {
        let mut records = Records::default();
        let mut about = Vec::new();
        for payload in Parser::new(0).parse_all(linked) {
            match payload? {
                Payload::CodeSectionStart { range, .. } => records.code = range.start,
                Payload::DataSection(section) => {
                    records.data = section.range().start;
                    for data in section {
                        records.segments.push(Segment::of(&data?)?);
                    }
                }
                Payload::CustomSection(section) => match section.as_known() {
                    KnownCustom::Linking(linking) => {
                        for subsection in linking.subsections() {
                            match subsection? {
                                Linking::SegmentInfo(segments) => {
                                    about = segments.into_iter().collect::<Result<Vec<_>, _>>()?;
                                }
                                Linking::SymbolTable(symbols) => {
                                    for symbol in symbols {
                                        records.symbols.push(place_of(&symbol?));
                                    }
                                }
                                _ => {}
                            }
                        }
                    }
                    KnownCustom::Reloc(relocations) => {
                        let entries = relocations.entries().into_iter().collect::<Result<Vec<_>, _>>()?;
                        match section.name() {
                            "reloc.CODE" => records.in_code = entries,
                            "reloc.DATA" => records.in_data = entries,
                            _ => {}
                        }
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        if records.in_code.is_empty() || about.len() != records.segments.len() {
            bail!("it was not linked with {}", LINKER.join(" "));
        }
        for (segment, about) in records.segments.iter_mut().zip(about) {
            (segment.name, segment.align) = (about.name, 1 << about.alignment);
        }
        if !records.segments.is_sorted_by_key(|segment| segment.address) {
            bail!("the data is not in the order of its addresses");
        }
        let variable = records.segments.iter().position(|segment| !segment.name.starts_with(".rodata"));
        records.moving = variable.unwrap_or(records.segments.len());
        Ok(records)
    }

    /// The piece that a record means, and the place in it; none where it means something else.
    fn meant(&self, entry: &RelocationEntry, known: &[RelocationType]) -> Result<Option<(usize, i64)>> {
        use RelocationType as Type;
        let of_no_address = [
            Type::FunctionIndexLeb,
            Type::TableIndexSleb,
            Type::TableIndexI32,
            Type::TypeIndexLeb,
            Type::GlobalIndexLeb,
            Type::EventIndexLeb,
            Type::TableNumberLeb,
        ];
        if of_no_address.contains(&entry.ty) {
            return Ok(None);
        }
        if !known.contains(&entry.ty) {
            bail!("an address of a kind that is not known: {:?}", entry.ty);
        }
        let symbol = self.symbols.get(entry.index as usize).context("a symbol that is not there")?;
        let Some((piece, offset)) = symbol else { return Ok(None) };
        Ok((*piece < self.moving).then(|| (*piece, i64::from(*offset) + entry.addend)))
    }

    fn segment(&self, index: usize) -> Result<&Segment<'a>> {
        self.segments.get(index).context("a segment that is not there")
    }

    /// The pieces, a segment each.
    pub fn constants(&self) -> Result<Constants> {
        let mut pieces: Vec<Piece> = self.segments.iter().map(Segment::piece).collect();
        for entry in &self.in_data {
            let Some((piece, offset)) = self.meant(entry, &[RelocationType::MemoryAddrI32])? else { continue };
            let at = self.data + entry.offset as usize;
            let holder = self.segments.partition_point(|segment| segment.at <= at).checked_sub(1);
            let holder = holder.context("an address before all data")?;
            let at = at - self.segment(holder)?.at;
            let holder = pieces.get_mut(holder).context("a segment that is not there")?;
            let there = holder.bytes.get(at..at + IN_DATA).context("an address outside of its constant")?;
            self.compare(piece, offset, there.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte)))?;
            holder.pointers.push(Pointer { at, piece, offset });
        }
        let fixed = pieces.split_off(self.moving);
        let place = match (pieces.first(), pieces.last()) {
            (Some(first), Some(last)) => {
                let end = last.address + u32::try_from(last.bytes.len())?;
                first.address..fixed.first().map_or(end, |fixed| fixed.address)
            }
            _ => 0..0,
        };
        Ok(Constants { pieces, place, fixed })
    }

    /// Where the code names pieces.
    pub fn mentions(&self, linked: &[u8]) -> Result<Vec<Mention>> {
        let mut mentions = Vec::new();
        for entry in &self.in_code {
            let known = [RelocationType::MemoryAddrLeb, RelocationType::MemoryAddrSleb];
            let Some((piece, offset)) = self.meant(entry, &known)? else { continue };
            let at = self.code + entry.offset as usize;
            let there = linked.get(at..at + IN_CODE).context("an address after the end")?;
            self.compare(piece, offset, read_leb(there))?;
            mentions.push(Mention { at, piece, offset });
        }
        Ok(mentions)
    }

    /// Holds what stands in the program against what the linker says of it.
    fn compare(&self, piece: usize, offset: i64, there: u32) -> Result<()> {
        let address = i64::from(self.segment(piece)?.address) + offset;
        if address != i64::from(there) {
            bail!("the linker says that {address} is where {there} is");
        }
        Ok(())
    }
}

impl<'a> Segment<'a> {
    fn of(data: &wasmparser::Data<'a>) -> Result<Segment<'a>> {
        let wasmparser::DataKind::Active { memory_index: 0, offset_expr } = &data.kind else {
            bail!("data that is not written at once");
        };
        let Operator::I32Const { value } = offset_expr.get_operators_reader().read()? else {
            bail!("data at an address that is not a number");
        };
        let at = data.range.end - data.data.len();
        Ok(Segment { address: value.cast_unsigned(), bytes: data.data, at, ..Segment::default() })
    }

    fn piece(&self) -> Piece {
        Piece {
            bytes: self.bytes.to_vec(),
            align: self.align,
            pointers: Vec::new(),
            address: self.address,
            known_as: 0..=0,
        }
    }
}

/// Where a symbol of data is: the segment and the place in it.
fn place_of(symbol: &SymbolInfo<'_>) -> Option<(usize, u32)> {
    match symbol {
        SymbolInfo::Data { symbol: Some(place), flags, .. } if !flags.contains(SymbolFlags::ABSOLUTE) => {
            Some((place.index as usize, place.offset))
        }
        _ => None,
    }
}

fn read_leb(place: &[u8]) -> u32 {
    place.iter().enumerate().fold(0, |number, (index, byte)| number | u32::from(byte & 0x7f) << (7 * index))
}
