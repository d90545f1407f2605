//! The sums of a profile: functions, call sites, and paths of calls.

use crate::load::Proto;
use rustc_hash::FxHashMap;

/// No function, site or path.
pub(crate) const NONE: u32 = u32::MAX;

/// Paths are told apart up to so many calls deep, and so many of them; what goes
/// beyond counts for the last call that is told apart.
const DEEPEST: u16 = 128;
const MOST_NODES: usize = 50_000;

/// What a function is known by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Identity {
    Proto(*const Proto),
    Native(u32),
    /// A function that has no code of its own: the number of its inlined call in a
    /// prototype.
    Inlined(*const Proto, u32),
    Collection,
    /// The items of a host's sequence, by its type's name.
    Items(&'static str),
}

/// Where a call stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Origin {
    /// Before this word of a prototype's code.
    Code(*const Proto, *const u64),
    /// An inlined call of a prototype, by its number.
    Inlined(*const Proto, u32),
    /// In a native or outside the program.
    None,
}

impl Origin {
    /// A number that most origins do not share.
    fn number(self) -> usize {
        match self {
            Origin::Code(_, ip) => ip.addr() / size_of::<u64>(),
            Origin::Inlined(_, call) => call as usize,
            Origin::None => 0,
        }
    }
}

/// Calls and times of a function or a call site. Its total time runs from the
/// first active call to the end of the last, so recursion counts it once.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Tally {
    pub(crate) calls: u64,
    pub(crate) own: i64,
    pub(crate) total: i64,
    active: u32,
    entered: i64,
}

impl Tally {
    fn enter(&mut self, now: i64) {
        if self.active == 0 {
            self.entered = now;
        }
        self.active += 1;
    }

    fn leave(&mut self, now: i64) {
        self.active = self.active.saturating_sub(1);
        if self.active == 0 {
            self.total += now - self.entered;
        }
    }
}

/// A function that was called from a place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SiteOf {
    pub(crate) origin: Origin,
    pub(crate) caller: u32,
    pub(crate) function: u32,
    pub(crate) tally: Tally,
}

/// A path of calls: its last function, and the path before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NodeOf {
    pub(crate) parent: u32,
    pub(crate) function: u32,
    pub(crate) calls: u64,
    pub(crate) own: i64,
    depth: u16,
}

/// An active call, by the numbers of its function, its site and its path.
#[derive(Clone, Copy)]
pub(crate) struct Call {
    function: u32,
    site: u32,
    node: u32,
}

/// A call that was found lately, under what it was found by.
#[derive(Clone, Copy)]
struct Recent {
    parent: u32,
    caller: u32,
    origin: Origin,
    call: Call,
}

/// How many such calls are remembered.
const RECENT: usize = 64;

pub(crate) struct Sums {
    recent: [Recent; RECENT],
    known_functions: FxHashMap<Identity, u32>,
    known_sites: FxHashMap<(Origin, u32, u32), u32>,
    children: FxHashMap<(u32, u32), u32>,
    pub(crate) functions: Vec<(Identity, Tally)>,
    pub(crate) sites: Vec<SiteOf>,
    pub(crate) nodes: Vec<NodeOf>,
    /// Calls whose path was not told apart.
    pub(crate) cut: u64,
    /// All time that was charged.
    spent: i64,
}

impl Default for Sums {
    fn default() -> Sums {
        let call = Call { function: NONE, site: NONE, node: NONE };
        Sums {
            recent: [Recent { parent: NONE, caller: NONE, origin: Origin::None, call }; RECENT],
            known_functions: FxHashMap::default(),
            known_sites: FxHashMap::default(),
            children: FxHashMap::default(),
            functions: Vec::new(),
            sites: Vec::new(),
            nodes: Vec::new(),
            cut: 0,
            spent: 0,
        }
    }
}

impl Sums {
    /// The number of a function.
    pub(crate) fn function(&mut self, identity: Identity) -> u32 {
        let list = &mut self.functions;
        *self.known_functions.entry(identity).or_insert_with(|| {
            list.push((identity, Tally::default()));
            list.len() as u32 - 1
        })
    }

    /// A call took so long by itself.
    pub(crate) fn charge(&mut self, call: Call, ns: i64) {
        self.spent += ns;
        self.functions[call.function as usize].1.own += ns;
        self.sites[call.site as usize].tally.own += ns;
        self.nodes[call.node as usize].own += ns;
    }

    /// A function begins within another call; `called` where that counts as a call.
    pub(crate) fn begin(&mut self, around: Option<Call>, function: u32, origin: Origin, called: bool) -> Call {
        let (caller, parent) = around.map_or((NONE, NONE), |call| (call.function, call.node));
        let place = (origin.number() ^ parent as usize ^ ((function as usize) << 2)) % RECENT;
        let recent = &self.recent[place];
        let known = recent.parent == parent && recent.caller == caller && recent.origin == origin;
        let call = if known && recent.call.function == function {
            recent.call
        } else {
            let call = self.find(parent, caller, function, origin);
            self.recent[place] = Recent { parent, caller, origin, call };
            call
        };
        self.again(call);
        let called = u64::from(called);
        self.functions[function as usize].1.calls += called;
        self.sites[call.site as usize].tally.calls += called;
        if call.node == parent {
            self.cut += called;
        } else {
            self.nodes[call.node as usize].calls += called;
        }
        call
    }

    /// The site and the path of a call.
    #[inline(never)]
    fn find(&mut self, parent: u32, caller: u32, function: u32, origin: Origin) -> Call {
        let list = &mut self.sites;
        let site = *self.known_sites.entry((origin, caller, function)).or_insert_with(|| {
            list.push(SiteOf { origin, caller, function, tally: Tally::default() });
            list.len() as u32 - 1
        });
        Call { function, site, node: self.child(parent, function) }
    }

    /// A call is active once more, for a part of itself.
    pub(crate) fn again(&mut self, call: Call) {
        self.functions[call.function as usize].1.enter(self.spent);
        self.sites[call.site as usize].tally.enter(self.spent);
    }

    /// A call ends.
    pub(crate) fn end(&mut self, call: Call) {
        self.functions[call.function as usize].1.leave(self.spent);
        self.sites[call.site as usize].tally.leave(self.spent);
    }

    /// The path of a call from `parent`; `parent` itself where there are too many.
    fn child(&mut self, parent: u32, function: u32) -> u32 {
        if let Some(&node) = self.children.get(&(parent, function)) {
            return node;
        }
        let depth = self.nodes.get(parent as usize).map_or(0, |node| node.depth) + 1;
        if parent != NONE && (depth > DEEPEST || self.nodes.len() >= MOST_NODES) {
            return parent;
        }
        let node = self.nodes.len() as u32;
        self.nodes.push(NodeOf { parent, function, calls: 0, own: 0, depth });
        self.children.insert((parent, function), node);
        node
    }
}
