use walrus::ir::Value;
use walrus::{ConstExpr, DataKind, Module};

use super::Constants;
use crate::split::{Parts, split};

/// The kinds of records, by the linker's numbers.
const IN_LOAD: u8 = 3;
const IN_CONST: u8 = 4;
const IN_POINTER: u8 = 5;

/// Where the linker of these tests puts data.
const START: u32 = 1024;

/// A segment: its name, how it is aligned as a power of two, its address, its bytes, and what it points at from where.
struct Laid {
    name: &'static str,
    align: u8,
    address: u32,
    bytes: Vec<u8>,
    pointers: Vec<(usize, u8, i8)>,
}

fn laid(name: &'static str, align: u8, address: u32, bytes: &[u8]) -> Laid {
    Laid { name, align, address, bytes: bytes.to_vec(), pointers: vec![] }
}

/// What a function does.
#[derive(Clone, Copy)]
enum Does {
    /// Takes the address of a segment, with something added.
    Takes(u8, i8),
    /// Loads from there.
    Loads(u8, i8),
    Has(u32),
    Calls(u8),
}

/// A program as the linker writes it: with one function a list, of which the first is exported.
fn linked(segments: &[Laid], functions: &[(&str, &[Does])]) -> Vec<u8> {
    let mut wasm = b"\0asm\x01\0\0\0".to_vec();
    section(&mut wasm, 1, &[1, 0x60, 0, 0]);
    section(&mut wasm, 3, &[vec![size(functions)], vec![0; functions.len()]].concat());
    section(&mut wasm, 4, &[1, 0x70, 1, 1, 1]);
    section(&mut wasm, 5, &[1, 0, 1]);
    section(&mut wasm, 7, &[&[2, 5][..], b"start", &[0, 0, 6], b"memory", &[2, 0]].concat());

    let address = |segment: u8, more: i8| segments[usize::from(segment)].address.wrapping_add_signed(more.into());
    let (mut code, mut in_code) = (vec![size(functions)], vec![]);
    for (_, does) in functions {
        let mut body = vec![0];
        let mut records = vec![];
        for one in *does {
            match *one {
                Does::Takes(segment, more) => {
                    body.push(0x41);
                    records.push((IN_CONST, body.len(), segment, more));
                    body.extend(padded(address(segment, more)));
                }
                Does::Loads(segment, more) => {
                    body.extend([0x41, 0, 0x28, 2]);
                    records.push((IN_LOAD, body.len(), segment, more));
                    body.extend(padded(address(segment, more)));
                }
                Does::Has(number) => {
                    body.push(0x41);
                    body.extend(padded(number));
                }
                Does::Calls(function) => {
                    body.extend([0x10, function]);
                    continue;
                }
            }
            body.push(0x1a);
        }
        body.push(0x0b);
        code.push(size(&body));
        let begin = code.len();
        in_code.extend(records.into_iter().map(|(kind, at, segment, more)| record(kind, begin + at, segment, more)));
        code.extend(body);
    }
    section(&mut wasm, 10, &code);

    let (mut data, mut in_data) = (vec![size(segments)], vec![]);
    for segment in segments {
        data.extend([0, 0x41]);
        data.extend(padded(segment.address));
        data.extend([0x0b, size(&segment.bytes)]);
        let begin = data.len();
        let mut bytes = segment.bytes.clone();
        for (at, to, more) in &segment.pointers {
            bytes[*at..at + 4].copy_from_slice(&address(*to, *more).to_le_bytes());
            in_data.push(record(IN_POINTER, begin + at, *to, *more));
        }
        data.extend(bytes);
    }
    section(&mut wasm, 11, &data);

    let info = segments.iter().flat_map(|one| [&text(one.name)[..], &[one.align, 0]].concat());
    let info: Vec<u8> = [size(segments)].into_iter().chain(info).collect();
    let symbol = |(index, one): (usize, &Laid)| {
        [&[1, 0][..], &text(one.name), &[u8::try_from(index).unwrap(), 0, size(&one.bytes)]].concat()
    };
    let symbols: Vec<u8> = [size(segments)].into_iter().chain(segments.iter().enumerate().flat_map(symbol)).collect();
    let mut linking = vec![2];
    section(&mut linking, 5, &info);
    section(&mut linking, 8, &symbols);
    custom(&mut wasm, "linking", &linking);
    custom(&mut wasm, "reloc.CODE", &[vec![5, size(&in_code)], in_code.concat()].concat());
    custom(&mut wasm, "reloc.DATA", &[vec![6, size(&in_data)], in_data.concat()].concat());

    let name =
        |(index, (name, _)): (usize, &(&str, &[Does]))| [vec![u8::try_from(index).unwrap()], text(name)].concat();
    let mut names = vec![];
    let listed: Vec<u8> = functions.iter().enumerate().flat_map(name).collect();
    section(&mut names, 1, &[vec![size(functions)], listed].concat());
    custom(&mut wasm, "name", &names);
    wasm
}

fn size<T>(of: &[T]) -> u8 {
    let size = u8::try_from(of.len()).unwrap();
    assert!(size < 0x80, "a number of one byte");
    size
}

fn text(text: &str) -> Vec<u8> {
    [&[size(text.as_bytes())], text.as_bytes()].concat()
}

fn section(to: &mut Vec<u8>, id: u8, content: &[u8]) {
    to.push(id);
    to.extend(padded(u32::try_from(content.len()).unwrap()));
    to.extend(content);
}

fn custom(to: &mut Vec<u8>, name: &str, content: &[u8]) {
    section(to, 0, &[&text(name), content].concat());
}

fn record(kind: u8, at: usize, symbol: u8, more: i8) -> Vec<u8> {
    let mut record = vec![kind];
    record.extend(padded(u32::try_from(at).unwrap()));
    record.extend([symbol, more.cast_unsigned() & 0x7f]);
    record
}

fn padded(number: u32) -> [u8; 5] {
    let mut bytes = [0; 5];
    super::write_leb(&mut bytes, number);
    bytes
}

fn parts(linked: &[u8]) -> Parts {
    let (constants, whole) = Constants::of(linked).unwrap();
    split(&whole, &constants, |name| name.starts_with("later::")).unwrap()
}

/// What a part writes into memory: where, and what.
fn written(part: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let module = Module::from_buffer(part).unwrap();
    let data = module.data.iter().map(|data| match data.kind {
        DataKind::Active { offset: ConstExpr::Value(Value::I32(at)), .. } => (at.cast_unsigned(), data.value.clone()),
        _ => panic!("{data:?}"),
    });
    data.collect()
}

/// The numbers in a part's functions but the zeros and what stands in for another part.
fn numbers(part: &[u8]) -> Vec<u32> {
    let mut module = Module::from_buffer(part).unwrap();
    let mut numbers = vec![];
    for (_, function) in module.funcs.iter_local_mut() {
        super::for_each_address(function, |number| numbers.push(*number));
    }
    numbers.retain(|number| *number >= 16);
    numbers.sort_unstable();
    numbers
}

/// `seen` at 1024, `secret` after it, and a table with both a pointer to `word` and one to `seen`.
fn course() -> Vec<Laid> {
    let mut table = laid(".rodata.table", 2, 1036, &[0; 8]);
    table.pointers = vec![(0, 3, 1), (4, 0, 0)];
    vec![
        laid(".rodata.seen", 2, START, &[1, 2, 3, 4]),
        laid(".rodata.secret", 2, 1028, &[5, 6, 7, 8, 9]),
        table,
        laid(".rodata.word", 0, 1044, b"word"),
        laid(".bss.count", 2, 1048, &[0; 8]),
    ]
}

#[test]
fn a_constant_goes_where_it_is_needed() {
    let first: &[Does] = &[Does::Takes(0, 0), Does::Loads(4, 4), Does::Calls(1)];
    let parts =
        parts(&linked(&course(), &[("start", first), ("later::panel", &[Does::Loads(1, 1), Does::Takes(0, 0)])]));
    assert_eq!(written(&parts.first), [(START, vec![1, 2, 3, 4])]);
    assert_eq!(written(&parts.more), [(1028, vec![5, 6, 7, 8, 9])]);
    // Zeros keep their place.
    assert_eq!(numbers(&parts.first), [START, 1052]);
    assert_eq!(numbers(&parts.more), [START, 1029]);
}

#[test]
fn what_a_constant_points_at_is_with_it() {
    let parts = parts(&linked(
        &course(),
        &[("start", &[Does::Loads(2, 0), Does::Calls(1)]), ("later::panel", &[Does::Loads(1, 0)])],
    ));
    let pointers = [1037_u32.to_le_bytes(), START.to_le_bytes()].concat();
    assert_eq!(written(&parts.first), [(START, [&[1, 2, 3, 4][..], &pointers, b"word"].concat())]);
    assert_eq!(numbers(&parts.first), [1028]);
    assert_eq!(written(&parts.more), [(1040, vec![5, 6, 7, 8, 9])]);
    assert_eq!(numbers(&parts.more), [1040]);
}

#[test]
fn an_address_before_or_after_a_constant_is_still_its_own() {
    let first: &[Does] = &[Does::Takes(1, -4), Does::Takes(1, 5), Does::Calls(1)];
    let parts = parts(&linked(&course(), &[("start", first), ("later::panel", &[Does::Loads(0, 4)])]));
    assert_eq!(written(&parts.first), [(START, vec![5, 6, 7, 8, 9])]);
    assert_eq!(numbers(&parts.first), [START - 4, START + 5]);
    assert_eq!(written(&parts.more), [(1032, vec![1, 2, 3, 4])]);
    assert_eq!(numbers(&parts.more), [1036]);
}

#[test]
fn a_variable_begins_once() {
    let mut segments = course();
    segments[4] = laid(".data.count", 2, 1048, &[0, 0, 0, 0, 1, 0, 0, 0]);
    segments[4].pointers = vec![(0, 3, 0)];
    let parts = parts(&linked(&segments, &[("start", &[Does::Calls(1)]), ("later::panel", &[Does::Loads(4, 4)])]));
    let count = [&START.to_le_bytes()[..], &[1]].concat();
    assert_eq!(written(&parts.first), [(START, b"word".to_vec()), (1048, count)]);
    assert_eq!(written(&parts.more), []);
    assert_eq!(numbers(&parts.more), [1052]);
}

#[test]
fn a_number_is_not_taken_for_an_address() {
    // Both are addresses of constants in the linked program, and free ones after all of it.
    let first: &[Does] = &[Does::Has(1028), Does::Has(1050), Does::Has(1070), Does::Takes(0, 0), Does::Calls(1)];
    let parts = parts(&linked(&course(), &[("start", first), ("later::panel", &[Does::Loads(1, 0)])]));
    assert_eq!(numbers(&parts.first), [START, 1028, 1050, 1070]);
    assert_eq!(written(&parts.first), [(START, vec![1, 2, 3, 4])]);
}

#[test]
fn records_that_do_not_fit_the_program_are_refused() {
    let functions: [(&str, &[Does]); 1] = [("start", &[Does::Takes(0, 0)])];
    let plain = linked(&course(), &functions);
    let refused = |wasm: &[u8]| format!("{:#}", Constants::of(wasm).unwrap_err());
    let at = plain.windows(5).position(|bytes| bytes == padded(START)).unwrap();
    let mut other = plain.clone();
    other[at] += 1;
    assert_eq!(refused(&other), "the linker says that 1024 is where 1025 is");

    let bare = Module::from_buffer(&plain).unwrap().emit_wasm();
    assert!(Constants::of(&bare).is_err());
    let mut module = Module::from_buffer(&plain).unwrap();
    module.customs.remove_raw("linking");
    let error = refused(&module.emit_wasm());
    assert!(error.contains("--emit-relocs"), "{error}");
}
