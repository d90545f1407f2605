//! Prints the code of a source: `cargo run -p weave-compiler --example listing -- FILE…`.

use weave_bytecode::decode::decode;
use weave_bytecode::signature::{Parameter, Signature};
use weave_compiler::{Options, compile};

fn main() {
    let core = core();
    let quiet = std::env::var_os("QUIET").is_some();
    for path in std::env::args().skip(1) {
        let Ok(source) = std::fs::read_to_string(&path) else { continue };
        match compile(&source, &path, &Options { core: &core, ..Options::default() }) {
            Ok(compiled) => {
                if quiet {
                    println!("ok {path}");
                    continue;
                }
                println!("natives {:?} slots {:?}", compiled.chunk.natives, compiled.chunk.slots);
                for (i, proto) in compiled.chunk.prototypes.iter().enumerate() {
                    println!(
                        "proto {i} {} registers {} cells {}+{} upvalues {:?} handlers {:?} default {:?}",
                        proto.signature,
                        proto.registers,
                        proto.first_cell,
                        proto.cells,
                        proto.upvalues,
                        proto.handlers,
                        proto.default_entry
                    );
                    for (k, constant) in proto.constants.iter().enumerate() {
                        println!("  K{k} {constant:?}");
                    }
                    for located in decode(&proto.code).flatten() {
                        println!("  {:4} {:?}", located.offset, located.instr());
                    }
                }
            }
            Err(errors) => {
                for error in errors {
                    let line = source[..error.span().start as usize].matches('\n').count() + 1;
                    println!("{path}:{line}: {} ({:?})", error.message, error.help);
                }
            }
        }
    }
}

fn core() -> Vec<Signature> {
    let list = "print(*values) puts(*values) type(x) len(x) str(x) int(x) float(x) bool(x) keys(c) values(c) pairs(c) \
        has(c,key) get(c,key,default?) map(xs,f) filter(xs,f) reduce(xs,f,start?) each(xs,f) sort(xs,order?) \
        sort_by(xs,f,order?) reverse(xs) sum(xs) min(*xs) max(*xs) mean(xs) count(xs,f?) group_by(xs,f) \
        count_by(xs,f) unique(xs,f?) take(xs,n) skip(xs,n) take_while(xs,f) first(xs,n?) last(xs,n?) zip(a,b) \
        enumerate(xs) flatten(xs,depth?) chunk(xs,n) join(xs,separator?) split(text,separator?) lines(text) words(text) \
        chars(text) trim(text) upper(text) lower(text) replace(text,pattern,with) starts_with(text,prefix) \
        ends_with(text,suffix) find(text,needle) contains(x,item) pad(text,width,fill?,side?) repeat(text,n) \
        slice(x,start,end?) insert(c,position,value) remove(c,key) copy(x) abs(x) floor(x) ceil(x) round(x,digits?) \
        sqrt(x) exp(x) log(x) pow(x,y) step(range,n) collect(xs) error(message,data?) assert(condition,message?) \
        read(path,format?,options?) write(path,data,format?,options?) parse(text,format,options?) \
        format(value,format,options?) exit(code?) clock() args() env() open(path,mode?) glob(pattern) now() regex(pattern) \
        raw(x) run(command) check(result) edit(path,f) close(file) stdin() stdout() stderr()";
    list.split_whitespace()
        .filter_map(|item| {
            let (name, rest) = item.split_once('(')?;
            let parameters = rest
                .trim_end_matches(')')
                .split(',')
                .filter(|p| !p.is_empty())
                .map(|p| Parameter {
                    name: p.trim_matches(['*', '?']).into(),
                    optional: p.ends_with('?'),
                    rest: p.starts_with('*'),
                })
                .collect();
            Some(Signature { name: name.into(), parameters })
        })
        .collect()
}
