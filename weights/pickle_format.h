#pragma once

#include <cstdint>

namespace scriptc::weights {

/// Opcodes of Python's pickle, protocols 0 to 5. Arguments follow the opcode: numbers little-endian (BINFLOAT: big),
/// `line` up to a newline, `n1/n4/n8` a length of 1, 4 or 8 bytes and then that many bytes.
/// Source: the documentation in Lib/pickletools.py of CPython.
enum class Op : std::uint8_t {
  mark = '(',
  stop = '.',
  pop = '0',
  pop_mark = '1',
  dup = '2',
  float_text = 'F',  // line
  int_text = 'I',    // line; `00` and `01` are booleans
  binint = 'J',      // int32
  binint1 = 'K',     // uint8
  long_text = 'L',   // line
  binint2 = 'M',     // uint16
  none = 'N',
  persid_text = 'P',  // line
  binpersid = 'Q',
  reduce = 'R',
  string_text = 'S',      // line, quoted
  binstring = 'T',        // n4 (signed)
  short_binstring = 'U',  // n1
  unicode_text = 'V',     // line, escaped
  binunicode = 'X',       // n4
  append = 'a',
  build = 'b',
  global = 'c',  // line, line
  dict = 'd',
  empty_dict = '}',
  appends = 'e',
  get = 'g',          // line
  binget = 'h',       // uint8
  inst = 'i',         // line, line
  long_binget = 'j',  // uint32
  list = 'l',
  empty_list = ']',
  obj = 'o',
  put = 'p',          // line
  binput = 'q',       // uint8
  long_binput = 'r',  // uint32
  setitem = 's',
  tuple = 't',
  empty_tuple = ')',
  setitems = 'u',
  binfloat = 'G',        // 8 bytes, big-endian
  binbytes = 'B',        // n4
  short_binbytes = 'C',  // n1
  proto = 0x80,          // uint8
  newobj = 0x81,
  ext1 = 0x82,
  ext2 = 0x83,
  ext4 = 0x84,
  tuple1 = 0x85,
  tuple2 = 0x86,
  tuple3 = 0x87,
  newtrue = 0x88,
  newfalse = 0x89,
  long1 = 0x8a,             // n1
  long4 = 0x8b,             // n4 (signed)
  short_binunicode = 0x8c,  // n1
  binunicode8 = 0x8d,       // n8
  binbytes8 = 0x8e,         // n8
  empty_set = 0x8f,
  additems = 0x90,
  frozenset = 0x91,
  newobj_ex = 0x92,
  stack_global = 0x93,
  memoize = 0x94,
  frame = 0x95,       // uint64
  bytearray8 = 0x96,  // n8
  next_buffer = 0x97,
  readonly_buffer = 0x98,
};

inline constexpr int kHighestProtocol = 5;

}  // namespace scriptc::weights
