//! Cuts the page's wasm in two: what the first scenario runs, and what comes with the others. Both are one program: the
//! second takes the first's memory, table and functions, and puts its own functions into the table, where the first calls
//! them. See docs/decisions for why.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use walrus::ir::{self, Instr, InstrSeqId};
use walrus::{
    ConstExpr, ElementItems, ElementKind, ExportItem, FunctionId, FunctionKind, GlobalKind, ImportKind,
    ImportedFunction, LocalFunction, Module, TableId,
};

/// The name under which the second part imports what the first exports.
const FIRST: &str = "first";

/// The two parts.
#[derive(Debug)]
pub struct Parts {
    /// Runs alone until something of the other part is called.
    pub first: Vec<u8>,
    /// Takes the first part's exports as the module `first`, beside the imports of the whole.
    pub more: Vec<u8>,
}

/// Cuts off the functions whose names `is_later` knows, and those which only they call.
///
/// # Errors
/// When `wasm` has no names or no table of functions, or takes the address of a later function in a way that is not a
/// table's.
pub fn split(wasm: &[u8], is_later: impl Fn(&str) -> bool) -> Result<Parts> {
    let mut first = Module::from_buffer(wasm)?;
    let mut more = Module::from_buffer(wasm)?;
    let table = first.tables.main_function_table()?.context("there is no table of functions")?;
    let mut slots = Slots::of(&first, table)?;
    let staying = staying(&first, &slots, is_later);
    let later: BTreeSet<usize> =
        first.funcs.iter_local().map(|(id, _)| id.index()).filter(|index| !staying.contains(index)).collect();
    if later.is_empty() {
        bail!("no function of the wasm is a later one: are its names there?");
    }
    call_by_table(&mut first, table, &later, &mut slots)?;
    slots.fill(&mut first, table, |index| !later.contains(&index));

    let table = more.tables.main_function_table()?.context("there is no table of functions")?;
    let names = import_all(&mut more, &later);
    slots.fill(&mut more, table, |index| later.contains(&index));
    walrus::passes::gc::run(&mut more);

    let taken: Vec<String> =
        more.imports.iter().filter(|import| import.module == FIRST).map(|import| import.name.clone()).collect();
    for name in taken {
        let Some(item) = names.get(&name) else { bail!("{name} is not in the first part") };
        export(&mut first, &name, *item)?;
    }
    walrus::passes::gc::run(&mut first);
    Ok(Parts { first: first.emit_wasm(), more: more.emit_wasm() })
}

/// The program with imports of two or three letters, and these by their old names: wasm-bindgen's names end in hashes, which do
/// not compress, and stand in its script as well.
///
/// # Errors
/// When `wasm` is none.
pub fn with_short_imports(wasm: &[u8]) -> Result<(Vec<u8>, BTreeMap<String, String>)> {
    let mut module = Module::from_buffer(wasm)?;
    let mut names = BTreeMap::new();
    for (index, import) in module.imports.iter_mut().enumerate() {
        let short = format!("i{index:x}");
        names.insert(std::mem::replace(&mut import.name, short.clone()), short);
    }
    Ok((module.emit_wasm(), names))
}

/// A script in which whole words are replaced.
pub fn renamed(script: &str, names: &BTreeMap<String, String>) -> String {
    let is_of_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
    let mut text = String::with_capacity(script.len());
    let mut rest = script;
    while let Some(start) = rest.find(is_of_word) {
        let (before, from) = rest.split_at(start);
        let (word, after) = from.split_at(from.find(|letter| !is_of_word(letter)).unwrap_or(from.len()));
        text.push_str(before);
        text.push_str(names.get(word).map_or(word, String::as_str));
        rest = after;
    }
    text.push_str(rest);
    text
}

/// What a name stands for in the first part, by index.
#[derive(Clone, Copy, Debug)]
enum Item {
    Function(usize),
    Global(usize),
    Memory(usize),
    Table(usize),
}

/// The slots of the table of functions.
struct Slots {
    /// A function by its slot, as an index.
    functions: BTreeMap<u64, usize>,
    /// A slot by its function.
    of: BTreeMap<usize, u64>,
    /// The slot after the last.
    end: u64,
}

impl Slots {
    fn of(module: &Module, table: TableId) -> Result<Slots> {
        let mut slots =
            Slots { functions: BTreeMap::new(), of: BTreeMap::new(), end: module.tables.get(table).initial };
        for element in module.elements.iter() {
            let ElementKind::Active { table: filled, offset } = &element.kind else { continue };
            let (ElementItems::Functions(functions), ConstExpr::Value(ir::Value::I32(offset))) =
                (&element.items, offset)
            else {
                if *filled == table {
                    bail!("the table of functions is filled in a way that is not known");
                }
                continue;
            };
            for (slot, function) in (u64::try_from(*offset)?..).zip(functions) {
                slots.functions.insert(slot, function.index());
                slots.of.insert(function.index(), slot);
            }
        }
        Ok(slots)
    }

    fn of_function(&mut self, function: usize) -> u64 {
        *self.of.entry(function).or_insert_with(|| {
            self.functions.insert(self.end, function);
            self.end += 1;
            self.end - 1
        })
    }

    /// Makes the module fill the slots of the functions that are `its_own`, run by run, and no others.
    fn fill(&self, module: &mut Module, table: TableId, its_own: impl Fn(usize) -> bool) {
        let ids: BTreeMap<usize, FunctionId> =
            module.funcs.iter().map(|function| (function.id().index(), function.id())).collect();
        for old in module.tables.get(table).elem_segments.iter().copied().collect::<Vec<_>>() {
            module.elements.delete(old);
        }
        let filled = module.tables.get_mut(table);
        filled.initial = self.end;
        filled.maximum = filled.maximum.map(|maximum| maximum.max(self.end));
        filled.elem_segments.clear();
        let mut runs: Vec<(u64, Vec<FunctionId>)> = Vec::new();
        for (slot, function) in self.functions.iter().filter(|(_, function)| its_own(**function)) {
            let Some(id) = ids.get(function) else { continue };
            match runs.last_mut() {
                Some((start, run)) if *start + run.len() as u64 == *slot => run.push(*id),
                _ => runs.push((*slot, vec![*id])),
            }
        }
        for (start, run) in runs {
            let offset = ConstExpr::Value(ir::Value::I32(i32::try_from(start).unwrap_or(i32::MAX)));
            let element = module.elements.add(ElementKind::Active { table, offset }, ElementItems::Functions(run));
            module.tables.get_mut(table).elem_segments.insert(element);
        }
    }
}

/// The local functions that can run without any later one, by index.
fn staying(module: &Module, slots: &Slots, is_later: impl Fn(&str) -> bool) -> BTreeSet<usize> {
    let ids: BTreeMap<usize, FunctionId> = module.funcs.iter().map(|f| (f.id().index(), f.id())).collect();
    let exported = module.exports.iter().filter_map(|export| match export.item {
        ExportItem::Function(function) => Some(function.index()),
        _ => None,
    });
    let kept: BTreeSet<usize> = exported.chain(module.start.map(|start| start.index())).collect();
    let later_by_name = |index: usize| {
        let name = ids.get(&index).and_then(|id| module.funcs.get(*id).name.as_deref());
        !kept.contains(&index) && name.is_some_and(&is_later)
    };
    let mut open: Vec<usize> = kept.iter().chain(slots.functions.values()).copied().collect();
    let mut staying = BTreeSet::new();
    while let Some(index) = open.pop() {
        if later_by_name(index) || !staying.insert(index) {
            continue;
        }
        if let Some(FunctionKind::Local(function)) = ids.get(&index).map(|id| &module.funcs.get(*id).kind) {
            open.extend(named_in(function));
        }
    }
    staying
}

/// The functions that stand in the table, by index: whoever has their number may call them.
///
/// # Errors
/// When there is no table of functions, or it is filled in a way that is not known.
pub fn in_table(module: &Module) -> Result<BTreeSet<usize>> {
    let table = module.tables.main_function_table()?.context("there is no table of functions")?;
    Ok(Slots::of(module, table)?.functions.into_values().collect())
}

/// The functions that a function calls by name, or takes.
pub fn named_in(function: &LocalFunction) -> Vec<usize> {
    #[derive(Default)]
    struct Named(Vec<usize>);
    impl ir::Visitor<'_> for Named {
        fn visit_function_id(&mut self, function: &FunctionId) {
            self.0.push(function.index());
        }
    }
    let mut named = Named::default();
    ir::dfs_in_order(&mut named, function, function.entry_block());
    named.0
}

/// Turns the calls of later functions into calls by their slots.
fn call_by_table(first: &mut Module, table: TableId, later: &BTreeSet<usize>, slots: &mut Slots) -> Result<()> {
    let types: BTreeMap<usize, walrus::TypeId> = first.funcs.iter().map(|f| (f.id().index(), f.ty())).collect();
    for (id, function) in first.funcs.iter_local_mut() {
        if later.contains(&id.index()) {
            continue;
        }
        let mut open: Vec<InstrSeqId> = vec![function.entry_block()];
        while let Some(sequence) = open.pop() {
            let mut changed = Vec::new();
            for (instruction, place) in std::mem::take(&mut function.block_mut(sequence).instrs) {
                match &instruction {
                    Instr::Block(ir::Block { seq }) | Instr::Loop(ir::Loop { seq }) => open.push(*seq),
                    Instr::IfElse(ir::IfElse { consequent, alternative }) => open.extend([*consequent, *alternative]),
                    Instr::RefFunc(ir::RefFunc { func }) if later.contains(&func.index()) => {
                        bail!("a function that stays takes a later one");
                    }
                    Instr::Call(ir::Call { func }) if later.contains(&func.index()) => {
                        let slot = i32::try_from(slots.of_function(func.index()))?;
                        let Some(ty) = types.get(&func.index()).copied() else { bail!("a function without a type") };
                        changed.push((Instr::Const(ir::Const { value: ir::Value::I32(slot) }), place));
                        changed.push((Instr::CallIndirect(ir::CallIndirect { ty, table }), place));
                        continue;
                    }
                    Instr::ReturnCall(ir::ReturnCall { func }) if later.contains(&func.index()) => {
                        bail!("a function that stays ends in a later one");
                    }
                    _ => {}
                }
                changed.push((instruction, place));
            }
            function.block_mut(sequence).instrs = changed;
        }
    }
    Ok(())
}

/// Makes everything but the later functions an import from the first part, and says what its names stand for.
fn import_all(more: &mut Module, later: &BTreeSet<usize>) -> BTreeMap<String, Item> {
    let mut names = BTreeMap::new();
    for export in more.exports.iter().map(walrus::Export::id).collect::<Vec<_>>() {
        more.exports.delete(export);
    }
    more.start = None;
    for data in more.data.iter().map(walrus::Data::id).collect::<Vec<_>>() {
        more.data.delete(data);
    }
    let functions: Vec<_> = more.funcs.iter_local().map(|(id, function)| (id, function.ty())).collect();
    for (id, ty) in functions.into_iter().filter(|(id, _)| !later.contains(&id.index())) {
        let name = format!("f{:x}", id.index());
        let import = more.imports.add(FIRST, &name, ImportKind::Function(id));
        more.funcs.get_mut(id).kind = FunctionKind::Import(ImportedFunction { import, ty });
        names.insert(name, Item::Function(id.index()));
    }
    for id in more
        .globals
        .iter()
        .filter(|g| matches!(g.kind, GlobalKind::Local(_)))
        .map(walrus::Global::id)
        .collect::<Vec<_>>()
    {
        let name = format!("g{}", id.index());
        more.globals.get_mut(id).kind = GlobalKind::Import(more.imports.add(FIRST, &name, ImportKind::Global(id)));
        names.insert(name, Item::Global(id.index()));
    }
    for id in more.memories.iter().filter(|m| m.import.is_none()).map(walrus::Memory::id).collect::<Vec<_>>() {
        let name = format!("m{}", id.index());
        let memory = more.memories.get_mut(id);
        memory.data_segments.clear();
        memory.import = Some(more.imports.add(FIRST, &name, ImportKind::Memory(id)));
        names.insert(name, Item::Memory(id.index()));
    }
    for id in more.tables.iter().filter(|t| t.import.is_none()).map(walrus::Table::id).collect::<Vec<_>>() {
        let name = format!("t{}", id.index());
        more.tables.get_mut(id).import = Some(more.imports.add(FIRST, &name, ImportKind::Table(id)));
        names.insert(name, Item::Table(id.index()));
    }
    names
}

fn export(first: &mut Module, name: &str, item: Item) -> Result<()> {
    let missing = || format!("{name} is not in the first part");
    let item: ExportItem = match item {
        Item::Function(index) => {
            first.funcs.iter().find(|f| f.id().index() == index).with_context(missing)?.id().into()
        }
        Item::Global(index) => {
            first.globals.iter().find(|g| g.id().index() == index).with_context(missing)?.id().into()
        }
        Item::Memory(index) => {
            first.memories.iter().find(|m| m.id().index() == index).with_context(missing)?.id().into()
        }
        Item::Table(index) => first.tables.iter().find(|t| t.id().index() == index).with_context(missing)?.id().into(),
    };
    first.exports.add(name, item);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use walrus::{FunctionBuilder, RefType};

    fn calling(module: &mut Module, name: &str, called: &[FunctionId]) -> FunctionId {
        let mut function = FunctionBuilder::new(&mut module.types, &[], &[]);
        function.name(name.to_owned());
        for other in called {
            function.func_body().call(*other);
        }
        function.finish(vec![], &mut module.funcs)
    }

    fn names(module: &Module) -> BTreeSet<&str> {
        module.funcs.iter_local().filter_map(|(id, _)| module.funcs.get(id).name.as_deref()).collect()
    }

    #[test]
    fn what_only_later_functions_call_goes_with_them() {
        let mut whole = Module::default();
        let table = whole.tables.add_local(false, 1, Some(1), RefType::FUNCREF);
        let shared = calling(&mut whole, "shared", &[]);
        let helper = calling(&mut whole, "helper", &[]);
        let later = calling(&mut whole, "later::panel", &[shared, helper]);
        let start = calling(&mut whole, "start", &[shared, later]);
        whole.exports.add("start", start);
        whole.exports.add("table", table);

        let parts = split(&whole.emit_wasm(), |name| name.starts_with("later::")).unwrap();
        let (first, more) = (Module::from_buffer(&parts.first).unwrap(), Module::from_buffer(&parts.more).unwrap());
        assert_eq!(names(&first), ["shared", "start"].into());
        assert_eq!(names(&more), ["helper", "later::panel"].into());
        for import in more.imports.iter() {
            assert!(first.exports.iter().any(|export| export.name == import.name), "{} is not exported", import.name);
        }
        let filled = more.elements.iter().map(|element| &element.items);
        assert!(
            filled.into_iter().any(|items| matches!(items, ElementItems::Functions(functions) if functions.len() == 1))
        );
        assert_eq!(first.tables.iter().next().unwrap().initial, 2);
    }

    #[test]
    fn imports_get_short_names_in_the_program_and_in_its_script() {
        let mut whole = Module::default();
        let ty = whole.types.add(&[], &[]);
        whole.add_import_func("./page.js", "__wbg_now_0123456789abcdef", ty);
        let (wasm, names) = with_short_imports(&whole.emit_wasm()).unwrap();
        let import = Module::from_buffer(&wasm).unwrap().imports.iter().next().unwrap().name.clone();
        assert_eq!(import, "i0");
        let script = "({__wbg_now_0123456789abcdef: (a$) => now(a$), x__wbg_now_0123456789abcdef: 1 })";
        let expected = "({i0: (a$) => now(a$), x__wbg_now_0123456789abcdef: 1 })";
        assert_eq!(renamed(script, &names), expected);
    }

    #[test]
    fn without_a_later_function_it_says_so() {
        let mut whole = Module::default();
        whole.tables.add_local(false, 1, Some(1), RefType::FUNCREF);
        let start = calling(&mut whole, "start", &[]);
        whole.exports.add("start", start);
        let error = split(&whole.emit_wasm(), |_| false).unwrap_err().to_string();
        assert!(error.contains("are its names there?"), "{error}");
    }
}
