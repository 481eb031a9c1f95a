#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scriptc/model/error.h"
#include "scriptc/model/ordered_map.h"
#include "scriptc/model/tensor.h"
#include "weights/byte_source.h"

namespace scriptc::weights {

/// What DataParallel puts before every name.
inline constexpr const char* kDataParallelPrefix = "module.";

/// Caps on what a checkpoint may ask for; exceeding one is an Error(cap) that names the flag in the comment.
struct Caps {
  std::uint64_t inflated_bytes = 0;          ///< `--max-bytes`; 0: max(4 GiB, 20 × file size)
  std::uint64_t entries = 1'000'000;         ///< `--max-entries`
  std::uint64_t pickle_bytes = 256u << 20;   ///< `--max-pickle-bytes`
  std::uint64_t opcodes = 50'000'000;        ///< `--max-opcodes`
  std::uint64_t depth = 512;                 ///< `--max-depth`
  std::uint64_t tensors = 1'000'000;         ///< `--max-tensors`
  std::uint64_t header_bytes = 100'000'000;  ///< `--max-header-bytes`
  std::uint64_t name_bytes = 64u << 10;      ///< `--max-name-bytes`
};

struct ReadOptions {
  std::string key;  ///< `--key`: where the state dict lies inside the file, `ema.model`; empty: the usual wrappers
  Caps caps;
  MessageSink* messages = nullptr;  ///< warnings (rules marked W in tests/weights); null: dropped
};

/// A state dict: names to views into the mapped file, in the file's order. Views keep the map alive; their data lies
/// as the file has it: little-endian, not necessarily aligned. The file's digest is in weights/sha256.h.
struct Checkpoint {
  std::string path;
  std::string format;           ///< `torch zip`, `torch legacy`, `torchscript`, `pickle`, `safetensors`
  std::string wrapper;          ///< the key that was followed, `state_dict`; empty if none
  bool prefix_removed = false;  ///< one leading `module.` (DataParallel)
  std::uint64_t bytes = 0;      ///< of the tensors
  OrderedMap<TensorView> tensors;
  std::vector<std::string> imports;  ///< names that Python's pickle would import and could call; here they are text
  ByteSourcePtr source;              ///< call `source->check_unchanged()` once the tensors' bytes have been used
};

/// Reads, checks and maps a checkpoint. The format is decided once, from content. Every byte that a tensor uses has
/// been checked against its CRC when this returns.
/// Errors: io (missing, unreadable), bad_input and cap: `'FILE': [record or offset]: …  [Z12]`; usage (`key` names
/// nothing in the file) and model (no state dict, or several) with what the file holds.
Checkpoint read_checkpoint(const std::string& path, const ReadOptions& options = {});
/// The same of bytes from elsewhere; `name` is what texts call them.
Checkpoint read_checkpoint(ByteSourcePtr source, const std::string& name, const ReadOptions& options = {});

}  // namespace scriptc::weights
