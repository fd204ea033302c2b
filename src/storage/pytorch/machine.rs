//! The stack machine of pickles, protocols 2 to 5 (instructions as in Python's `pickletools`), without what calls.

use std::collections::HashMap;

use super::archive::number;
use super::value::{Name, Storage, Value, View};
use crate::storage::TensorFileError;

/// Values that a pickle may keep, in all and in each place: weights of 20,000 tensors need a tenth.
const VALUES_MAX: usize = 1 << 20;
/// Of an unknown name so many characters are told.
const NAME_CHARS: usize = 120;

/// What a pickle has built.
#[derive(Debug, Default)]
pub(super) struct Machine<'data> {
    pub(super) sequences: Vec<Vec<Value<'data>>>,
    pub(super) maps: Vec<Vec<(Value<'data>, Value<'data>)>>,
    pub(super) storages: Vec<Storage<'data>>,
    pub(super) views: Vec<View>,
    stack: Vec<Value<'data>>,
    marks: Vec<usize>,
    memo: HashMap<u64, Value<'data>>,
    /// Maps that are an object's attributes.
    objects: Vec<usize>,
    kept: usize,
}

type Done<T = ()> = Result<T, TensorFileError>;

pub(super) fn malformed(what: impl Into<String>) -> TensorFileError {
    TensorFileError::Pickle(what.into())
}

fn damaged() -> TensorFileError {
    malformed("its pickle is damaged or cut short")
}

/// The bytes that are still to be read.
struct Bytes<'data, 'at> {
    all: &'data [u8],
    at: &'at mut usize,
}

impl<'data> Bytes<'data, '_> {
    fn take(&mut self, len: u64) -> Done<&'data [u8]> {
        let taken = usize::try_from(len).ok().and_then(|len| self.all.get(*self.at..)?.get(..len));
        let taken = taken.ok_or_else(damaged)?;
        *self.at += taken.len();
        Ok(taken)
    }

    fn number<const BYTES: usize>(&mut self) -> Done<u64> {
        let taken = self.take(BYTES as u64)?;
        number::<BYTES>(taken, 0).ok_or_else(damaged)
    }

    fn text<const BYTES: usize>(&mut self) -> Done<&'data str> {
        let len = self.number::<BYTES>()?;
        std::str::from_utf8(self.take(len)?).map_err(|_| damaged())
    }

    fn line(&mut self) -> Done<&'data str> {
        let rest = self.all.get(*self.at..).unwrap_or_default();
        let len = rest.iter().position(|byte| *byte == b'\n').ok_or_else(damaged)?;
        let line = std::str::from_utf8(self.take(len as u64)?).map_err(|_| damaged())?;
        *self.at += 1;
        Ok(line)
    }
}

impl<'data> Machine<'data> {
    /// Run the pickle that begins at `at`, which is moved behind it; its result.
    pub(super) fn run(&mut self, all: &'data [u8], at: &mut usize) -> Done<Value<'data>> {
        self.stack.clear();
        self.marks.clear();
        self.memo.clear();
        let mut bytes = Bytes { all, at };
        loop {
            let instruction = bytes.number::<1>()? as u8;
            if instruction == b'.' {
                return self.pop();
            }
            self.step(instruction, &mut bytes)?;
            if self.stack.len().max(self.memo.len()).max(self.marks.len()) > VALUES_MAX {
                return Err(malformed(format!("its pickle keeps more than {VALUES_MAX} values")));
            }
        }
    }

    fn step(&mut self, instruction: u8, bytes: &mut Bytes<'data, '_>) -> Done {
        let value = match instruction {
            // Protocol and frames
            0x80 => return bytes.take(1).map(|_| ()),
            0x95 => return bytes.take(8).map(|_| ()),
            b'N' => Value::Other,
            0x88 => Value::Flag(true),
            0x89 => Value::Flag(false),
            b'J' => Value::Int(i64::from(bytes.number::<4>()? as u32 as i32)),
            b'K' => Value::Int(bytes.number::<1>()? as i64),
            b'M' => Value::Int(bytes.number::<2>()? as i64),
            0x8a => long(bytes)?,
            b'G' => bytes.take(8).map(|_| Value::Other)?,
            b'X' => Value::Text(bytes.text::<4>()?),
            0x8c => Value::Text(bytes.text::<1>()?),
            0x8d => Value::Text(bytes.text::<8>()?),
            b'U' | b'C' => other(bytes.number::<1>()?, bytes)?,
            b'T' | b'B' => other(bytes.number::<4>()?, bytes)?,
            0x8e | 0x96 => other(bytes.number::<8>()?, bytes)?,
            b')' | b']' | 0x8f => self.sequence(Vec::new())?,
            0x85 => self.tuple(1)?,
            0x86 => self.tuple(2)?,
            0x87 => self.tuple(3)?,
            b't' | b'l' | 0x91 => {
                let items = self.take_to_mark()?;
                self.sequence(items)?
            }
            b'}' => self.map(Vec::new())?,
            b'd' => {
                let items = self.take_to_mark()?;
                self.map(pairs(&items))?
            }
            b'h' => self.recall(bytes.number::<1>()?)?,
            b'j' => self.recall(bytes.number::<4>()?)?,
            b'2' => self.top()?,
            b'c' => named(bytes.line()?, bytes.line()?)?,
            0x93 => match (self.pop()?, self.pop()?) {
                (Value::Text(name), Value::Text(module)) => named(module, name)?,
                _ => return Err(damaged()),
            },
            b'Q' => self.persistent()?,
            b'R' | 0x81 => self.call()?,
            _ => return self.change(instruction, bytes),
        };
        self.stack.push(value);
        Ok(())
    }

    /// The instructions that push nothing.
    fn change(&mut self, instruction: u8, bytes: &mut Bytes<'data, '_>) -> Done {
        match instruction {
            b'(' => self.marks.push(self.stack.len()),
            b'0' => {
                self.pop()?;
            }
            b'1' => {
                self.take_to_mark()?;
            }
            b'q' => self.remember(bytes.number::<1>()?)?,
            b'r' => self.remember(bytes.number::<4>()?)?,
            0x94 => self.remember(self.memo.len() as u64)?,
            b'a' => {
                let item = self.pop()?;
                self.append(&[item])?;
            }
            b'e' | 0x90 => {
                let items = self.take_to_mark()?;
                self.append(&items)?;
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.insert(&[(key, value)])?;
            }
            b'u' => {
                let items = self.take_to_mark()?;
                self.insert(&pairs(&items))?;
            }
            b'b' => self.build()?,
            other => {
                return Err(malformed(format!(
                    "its pickle has the instruction {other:#04x}, which files of weights do without"
                )));
            }
        }
        Ok(())
    }

    fn top(&self) -> Done<Value<'data>> {
        self.stack.last().copied().ok_or_else(damaged)
    }

    fn pop(&mut self) -> Done<Value<'data>> {
        self.stack.pop().ok_or_else(damaged)
    }

    fn take_to_mark(&mut self) -> Done<Vec<Value<'data>>> {
        let mark = self.marks.pop().filter(|mark| *mark <= self.stack.len()).ok_or_else(damaged)?;
        Ok(self.stack.split_off(mark))
    }

    fn remember(&mut self, place: u64) -> Done {
        let value = self.top()?;
        self.memo.insert(place, value);
        Ok(())
    }

    fn recall(&self, place: u64) -> Done<Value<'data>> {
        self.memo.get(&place).copied().ok_or_else(damaged)
    }

    /// Count what is about to be kept.
    fn keep(&mut self, count: usize) -> Done {
        self.kept += count;
        if self.kept > 2 * VALUES_MAX {
            return Err(malformed(format!("its pickle keeps more than {VALUES_MAX} values")));
        }
        Ok(())
    }

    fn sequence(&mut self, items: Vec<Value<'data>>) -> Done<Value<'data>> {
        self.keep(1 + items.len())?;
        self.sequences.push(items);
        Ok(Value::Sequence(self.sequences.len() - 1))
    }

    fn map(&mut self, entries: Vec<(Value<'data>, Value<'data>)>) -> Done<Value<'data>> {
        self.keep(1 + 2 * entries.len())?;
        self.maps.push(entries);
        Ok(Value::Map(self.maps.len() - 1))
    }

    fn tuple(&mut self, len: usize) -> Done<Value<'data>> {
        let start = self.stack.len().checked_sub(len).ok_or_else(damaged)?;
        let items = self.stack.split_off(start);
        self.sequence(items)
    }

    fn append(&mut self, items: &[Value<'data>]) -> Done {
        self.keep(items.len())?;
        match self.top()? {
            Value::Sequence(index) => self.sequences[index].extend_from_slice(items),
            Value::Other => {}
            _ => return Err(damaged()),
        }
        Ok(())
    }

    fn insert(&mut self, entries: &[(Value<'data>, Value<'data>)]) -> Done {
        self.keep(2 * entries.len())?;
        match self.top()? {
            Value::Map(index) => self.maps[index].extend_from_slice(entries),
            Value::Other => {}
            _ => return Err(damaged()),
        }
        Ok(())
    }

    fn items(&self, value: Value) -> Done<&[Value<'data>]> {
        match value {
            Value::Sequence(index) => Ok(&self.sequences[index]),
            _ => Err(damaged()),
        }
    }

    /// Where numbers are kept: `("storage", its kind, its key, its device, its length)`.
    fn persistent(&mut self) -> Done<Value<'data>> {
        let id = self.pop()?;
        let &[
            Value::Text("storage"),
            Value::Name(Name::Storage(dtype)),
            Value::Text(key),
            _,
            _,
            ref view @ ..,
        ] = self.items(id)?
        else {
            return Err(damaged());
        };
        if let [Value::Sequence(_)] = view {
            return Err(malformed("it was written by a PyTorch of before 2018, with storages inside others"));
        }
        self.keep(1)?;
        self.storages.push(Storage { dtype, key });
        Ok(Value::Storage(self.storages.len() - 1))
    }

    /// What would be a call in Python.
    fn call(&mut self) -> Done<Value<'data>> {
        let (arguments, callee) = (self.pop()?, self.pop()?);
        let Value::Name(name) = callee else { return Err(damaged()) };
        match (name, self.items(arguments)?) {
            (Name::OrderedDict, &[Value::Sequence(index), ..]) => {
                let listed = self.sequences[index].iter().map(|pair| match self.items(*pair)? {
                    [key, value] => Ok((*key, *value)),
                    _ => Err(damaged()),
                });
                let entries = listed.collect::<Done<Vec<_>>>()?;
                self.map(entries)
            }
            (Name::OrderedDict, _) => self.map(Vec::new()),
            (Name::Module, _) => {
                self.objects.push(self.maps.len());
                self.map(Vec::new())
            }
            (Name::RebuildParameter, &[tensor, ..]) => Ok(tensor),
            (Name::RebuildTensor, &[Value::Storage(storage), Value::Int(offset), shape, strides, ..]) => {
                let (shape, strides) = (self.sizes(shape)?, self.sizes(strides)?);
                let offset = usize::try_from(offset).map_err(|_| damaged())?;
                self.keep(1 + shape.len() + strides.len())?;
                self.views.push(View { storage, offset, shape, strides });
                Ok(Value::Tensor(self.views.len() - 1))
            }
            (Name::Plain, _) => Ok(Value::Other),
            _ => Err(damaged()),
        }
    }

    fn sizes(&self, value: Value) -> Done<Vec<usize>> {
        let size = |value: &Value| match value {
            Value::Int(size) => usize::try_from(*size).map_err(|_| damaged()),
            _ => Err(damaged()),
        };
        self.items(value)?.iter().map(size).collect()
    }

    /// An object's attributes; those of dictionaries and the like are no weights.
    fn build(&mut self) -> Done {
        let (state, object) = (self.pop()?, self.top()?);
        let (Value::Map(state), Value::Map(index)) = (state, object) else { return Ok(()) };
        if self.objects.binary_search(&index).is_ok() {
            let entries = self.maps[state].clone();
            self.insert(&entries)?;
        }
        Ok(())
    }
}

/// A whole number of any length; one of more than eight bytes is no size.
fn long<'data>(bytes: &mut Bytes<'data, '_>) -> Done<Value<'data>> {
    let len = bytes.number::<1>()?;
    let digits = bytes.take(len)?;
    let Some(last) = digits.last().filter(|_| digits.len() <= 8) else {
        return Ok(if digits.is_empty() { Value::Int(0) } else { Value::Other });
    };
    let mut whole = if *last < 128 { [0; 8] } else { [0xff; 8] };
    whole[..digits.len()].copy_from_slice(digits);
    Ok(Value::Int(i64::from_le_bytes(whole)))
}

fn other<'data>(len: u64, bytes: &mut Bytes<'data, '_>) -> Done<Value<'data>> {
    bytes.take(len).map(|_| Value::Other)
}

fn pairs<'data>(items: &[Value<'data>]) -> Vec<(Value<'data>, Value<'data>)> {
    items.as_chunks::<2>().0.iter().map(|[key, value]| (*key, *value)).collect()
}

/// A name, if weights are made of it.
fn named<'data>(module: &str, name: &str) -> Done<Value<'data>> {
    Name::of(module, name).map(Value::Name).ok_or_else(|| {
        let full = format!("{module}.{name}");
        TensorFileError::ForeignName(full.escape_debug().take(NAME_CHARS).collect())
    })
}
