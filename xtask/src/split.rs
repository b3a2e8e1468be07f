//! Cuts the page's wasm in two: what the first scenario runs, and what comes with the others. Both are one program: the
//! second takes the first's memory, table and functions, and puts its own functions into the table, where the first calls
//! them. In the place of each of them the first has a stand-in, which loads the second part if it is not here. See
//! docs/decisions for why.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use walrus::ir::{self, Instr, InstrSeqId};
use walrus::{
    ConstExpr, ElementItems, ElementKind, ExportItem, FunctionBuilder, FunctionId, FunctionKind, GlobalKind,
    ImportKind, ImportedFunction, LocalFunction, Module, TableId, ValType,
};

use crate::constants::Constants;

/// The name under which the second part imports what the first exports.
const FIRST: &str = "first";

/// The function by which the first part asks for the second, at once: its module and its name.
pub const LOAD: (&str, &str) = ("later", "load");

/// The table of functions, as the first part exports it. The second takes the first's functions from there, by their slots.
pub const FUNCTIONS: &str = "functions";

/// The global of the first part that says whether the second is here: 0 or 1.
pub const IS_WHOLE: &str = "is_whole";

/// The two parts.
#[derive(Debug)]
pub struct Parts {
    /// Runs alone until something of the other part is called; then it calls [`LOAD`].
    pub first: Vec<u8>,
    /// Takes the first part's exports as the module `first`, beside the imports of the whole.
    pub more: Vec<u8>,
}

/// Cuts off the functions whose names `is_later` knows, those which only they call, and the constants that only they name.
///
/// # Errors
/// When `wasm` has no names or no table of functions, or takes the address of a later function in a way that is not a
/// table's, or when the constants do not find their places.
pub fn split(wasm: &[u8], constants: &Constants, is_later: impl Fn(&str) -> bool) -> Result<Parts> {
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
    let stand_ins = stand_ins(&mut first, table, &later, &mut slots)?;
    call_instead(&mut first, &later, &stand_ins);

    let table_of_more = more.tables.main_function_table()?.context("there is no table of functions")?;
    let names = import_all(&mut more, &later);
    slots.fill(&mut more, table_of_more, |index, own| own.filter(|_| later.contains(&index)));
    walrus::passes::gc::run(&mut more);
    for import in more.imports.iter_mut().filter(|import| import.module == FIRST) {
        match names.get(&import.name) {
            Some(Item::Function(index)) => import.name = slots.of_function(*index).to_string(),
            Some(item) => export(&mut first, &import.name, *item)?,
            None => bail!("{} is not in the first part", import.name),
        }
    }
    slots.make_room(&mut more, table_of_more);

    slots.fill(&mut first, table, |index, own| stand_ins.get(&index).copied().or(own));
    first.exports.add(FUNCTIONS, table);
    walrus::passes::gc::run(&mut first);
    constants.place(&mut first, &mut more)?;
    in_order(&mut first);
    in_order(&mut more);
    Ok(Parts { first: first.emit_wasm(), more: more.emit_wasm() })
}

/// Puts a number before the names of functions, the order in which they compress best: those of one size and one type together.
fn in_order(module: &mut Module) {
    let mut functions = Vec::new();
    for (id, function) in module.funcs.iter_local() {
        let ty = module.types.get(function.ty());
        let name = module.funcs.get(id).name.clone().unwrap_or_default();
        let last: Vec<&str> = name.rsplitn(3, "::").take(2).collect();
        let size = function.size().max(1).ilog2();
        functions.push((
            std::cmp::Reverse(size),
            format!("{:?} {:?}", ty.params(), ty.results()),
            last.last().copied().unwrap_or_default().to_owned(),
            name,
            id,
        ));
    }
    functions.sort();
    for (number, (_, _, _, name, id)) in functions.into_iter().enumerate() {
        module.funcs.get_mut(id).name = Some(format!("{number:05} {name}"));
    }
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

    /// Makes the module's table as long as it must be.
    fn make_room(&self, module: &mut Module, table: TableId) {
        let table = module.tables.get_mut(table);
        table.initial = self.end;
        table.maximum = table.maximum.map(|maximum| maximum.max(self.end));
    }

    /// Makes the module fill the slots with what `chosen` says for a function's index and the function itself, run by run, and no
    /// others.
    fn fill(
        &self,
        module: &mut Module,
        table: TableId,
        chosen: impl Fn(usize, Option<FunctionId>) -> Option<FunctionId>,
    ) {
        let ids: BTreeMap<usize, FunctionId> =
            module.funcs.iter().map(|function| (function.id().index(), function.id())).collect();
        for old in module.tables.get(table).elem_segments.iter().copied().collect::<Vec<_>>() {
            module.elements.delete(old);
        }
        self.make_room(module, table);
        module.tables.get_mut(table).elem_segments.clear();
        let mut runs: Vec<(u64, Vec<FunctionId>)> = Vec::new();
        for (slot, function) in &self.functions {
            let Some(id) = chosen(*function, ids.get(function).copied()) else { continue };
            match runs.last_mut() {
                Some((start, run)) if *start + run.len() as u64 == *slot => run.push(id),
                _ => runs.push((*slot, vec![id])),
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

/// The functions that a function calls by name, or takes.
fn named_in(function: &LocalFunction) -> Vec<usize> {
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

/// Makes a stand-in for each later function: it sees to it that the second part is here, and calls the function by its slot.
fn stand_ins(
    first: &mut Module,
    table: TableId,
    later: &BTreeSet<usize>,
    slots: &mut Slots,
) -> Result<BTreeMap<usize, FunctionId>> {
    let nothing = first.types.add(&[], &[]);
    let (load, _) = first.add_import_func(LOAD.0, LOAD.1, nothing);
    let is_whole = first.globals.add_local(ValType::I32, true, false, ConstExpr::Value(ir::Value::I32(0)));
    first.exports.add(IS_WHOLE, is_whole);
    let mut ensure = FunctionBuilder::new(&mut first.types, &[], &[]);
    ensure.func_body().global_get(is_whole).if_else(
        None,
        |_| {},
        |missing| {
            missing.call(load);
        },
    );
    ensure.name("ensure".to_owned());
    let ensure = ensure.finish(Vec::new(), &mut first.funcs);
    let staying = first.funcs.iter_local().filter(|(id, _)| !later.contains(&id.index()));
    let asked: BTreeSet<usize> =
        staying.flat_map(|(_, function)| named_in(function)).chain(slots.functions.values().copied()).collect();
    let types: Vec<(usize, walrus::TypeId)> = first.funcs.iter().map(|f| (f.id().index(), f.ty())).collect();
    let mut stand_ins = BTreeMap::new();
    for (index, ty) in types.into_iter().filter(|(index, _)| later.contains(index) && asked.contains(index)) {
        let slot = i32::try_from(slots.of_function(index))?;
        let (takes, gives) = {
            let ty = first.types.get(ty);
            (ty.params().to_vec(), ty.results().to_vec())
        };
        let arguments: Vec<_> = takes.iter().map(|ty| first.locals.add(*ty)).collect();
        let mut stand_in = FunctionBuilder::new(&mut first.types, &takes, &gives);
        stand_in.name("stand_in".to_owned());
        let mut body = stand_in.func_body();
        body.call(ensure);
        for argument in &arguments {
            body.local_get(*argument);
        }
        body.i32_const(slot).call_indirect(ty, table);
        stand_ins.insert(index, stand_in.finish(arguments, &mut first.funcs));
    }
    Ok(stand_ins)
}

/// Turns the calls of later functions into calls of their stand-ins.
fn call_instead(first: &mut Module, later: &BTreeSet<usize>, stand_ins: &BTreeMap<usize, FunctionId>) {
    for (id, function) in first.funcs.iter_local_mut() {
        if later.contains(&id.index()) {
            continue;
        }
        let mut open: Vec<InstrSeqId> = vec![function.entry_block()];
        while let Some(sequence) = open.pop() {
            for (instruction, _) in &mut function.block_mut(sequence).instrs {
                match instruction {
                    Instr::Block(ir::Block { seq }) | Instr::Loop(ir::Loop { seq }) => open.push(*seq),
                    Instr::IfElse(ir::IfElse { consequent, alternative }) => open.extend([*consequent, *alternative]),
                    Instr::Call(ir::Call { func })
                    | Instr::ReturnCall(ir::ReturnCall { func })
                    | Instr::RefFunc(ir::RefFunc { func }) => {
                        if let Some(stand_in) = stand_ins.get(&func.index()) {
                            *func = *stand_in;
                        }
                    }
                    _ => {}
                }
            }
        }
    }
}

/// Makes everything but the later functions an import from the first part, and says what its names stand for.
fn import_all(more: &mut Module, later: &BTreeSet<usize>) -> BTreeMap<String, Item> {
    let mut names = BTreeMap::new();
    for export in more.exports.iter().map(walrus::Export::id).collect::<Vec<_>>() {
        more.exports.delete(export);
    }
    more.start = None;
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
        Item::Function(_) => bail!("a function is in the table"),
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
    use walrus::RefType;

    fn calling(module: &mut Module, name: &str, called: &[FunctionId]) -> FunctionId {
        let mut function = FunctionBuilder::new(&mut module.types, &[], &[]);
        function.name(name.to_owned());
        for other in called {
            function.func_body().call(*other);
        }
        function.finish(vec![], &mut module.funcs)
    }

    fn names(module: &Module) -> BTreeSet<&str> {
        let names = module.funcs.iter_local().filter_map(|(id, _)| module.funcs.get(id).name.as_deref());
        names.map(|numbered| numbered.split_once(' ').unwrap().1).collect()
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

        let parts = split(&whole.emit_wasm(), &Constants::default(), |name| name.starts_with("later::")).unwrap();
        let (first, more) = (Module::from_buffer(&parts.first).unwrap(), Module::from_buffer(&parts.more).unwrap());
        assert_eq!(names(&first), ["ensure", "shared", "stand_in", "start"].into());
        assert_eq!(names(&more), ["helper", "later::panel"].into());
        let slots = Slots::of(&first, first.tables.main_function_table().unwrap().unwrap()).unwrap();
        let mut taken = 0;
        for import in more.imports.iter() {
            match import.name.parse() {
                Ok(slot) => {
                    assert!(slots.functions.contains_key(&slot), "nothing of the first part is in {slot}");
                    taken += 1;
                }
                Err(_) => assert!(first.exports.iter().any(|export| export.name == import.name), "{}", import.name),
            }
        }
        assert_eq!(taken, 1);
        let filled = more.elements.iter().map(|element| &element.items);
        assert!(
            filled.into_iter().any(|items| matches!(items, ElementItems::Functions(functions) if functions.len() == 1))
        );
        // What was there, `later::panel` and `shared`.
        assert_eq!(first.tables.iter().next().unwrap().initial, 3);
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
        let error = split(&whole.emit_wasm(), &Constants::default(), |_| false).unwrap_err().to_string();
        assert!(error.contains("are its names there?"), "{error}");
    }
}
