//! What a pickle is made of here, and the names that it may have.

use safetensors::Dtype;

/// A value on the machine's stack. What holds others lies in the machine and is told by its number, so that nothing
/// is nested and a cycle does no harm.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'data> {
    /// None, floats, bytes, and whatever else no weight is made of.
    Other,
    Flag(bool),
    Int(i64),
    Text(&'data str),
    Name(Name),
    /// A list or a tuple.
    Sequence(usize),
    /// A dictionary, or an object's attributes.
    Map(usize),
    Storage(usize),
    Tensor(usize),
}

/// A name that weights are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    OrderedDict,
    RebuildTensor,
    RebuildParameter,
    Storage(Dtype),
    /// A module of a `TorchScript` archive, whose attributes are weights and other modules.
    Module,
    /// What stands beside weights: a size, a device, a kind of number, a set, a list of `TorchScript`'s.
    Plain,
}

/// What storages are called, and what they hold.
const STORAGES: &[(&str, Dtype)] = &[
    ("FloatStorage", Dtype::F32),
    ("HalfStorage", Dtype::F16),
    ("BFloat16Storage", Dtype::BF16),
    ("DoubleStorage", Dtype::F64),
    ("LongStorage", Dtype::I64),
    ("IntStorage", Dtype::I32),
    ("ShortStorage", Dtype::I16),
    ("CharStorage", Dtype::I8),
    ("ByteStorage", Dtype::U8),
    ("BoolStorage", Dtype::BOOL),
];
/// Of `torch` itself.
const PLAIN: &[&str] =
    &["Size", "device", "float32", "float16", "bfloat16", "float64", "int64", "int32", "uint8", "bool"];
/// Of `torch.jit._pickle`.
const LISTS: &[&str] = &["build_intlist", "build_doublelist", "build_boollist", "build_tensorlist"];

impl Name {
    /// The name, if weights are made of it.
    pub(super) fn of(module: &str, name: &str) -> Option<Self> {
        match (module, name) {
            ("collections", "OrderedDict") => Some(Self::OrderedDict),
            ("torch._utils", "_rebuild_tensor_v2" | "_rebuild_tensor") => Some(Self::RebuildTensor),
            ("torch._utils", "_rebuild_parameter") => Some(Self::RebuildParameter),
            ("torch", name) if PLAIN.contains(&name) => Some(Self::Plain),
            ("torch", name) => {
                STORAGES.iter().find(|(own, _)| *own == name).map(|(_, dtype)| Self::Storage(*dtype))
            }
            ("torch.jit._pickle", name) if LISTS.contains(&name) => Some(Self::Plain),
            ("builtins" | "__builtin__", "set") => Some(Self::Plain),
            (module, _) if module == "__torch__" || module.starts_with("__torch__.") => Some(Self::Module),
            _ => None,
        }
    }
}

/// Where a tensor's numbers are kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Storage<'data> {
    pub(super) dtype: Dtype,
    pub(super) key: &'data str,
}

/// A tensor as a view of a storage, in numbers and not in bytes.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) storage: usize,
    pub(super) offset: usize,
    pub(super) shape: Vec<usize>,
    pub(super) strides: Vec<usize>,
}
