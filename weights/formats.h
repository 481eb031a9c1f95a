#pragma once

#include <string>
#include <string_view>

#include "weights/byte_source.h"
#include "weights/checkpoint.h"
#include "weights/origin.h"
#include "weights/pickle.h"

namespace scriptc::weights {

enum class FileFormat { zip, legacy, pickle, safetensors };

/// What the content is. The name plays no part.
/// Errors (bad_input): Z01 to Z04, Z25, Z35 with the name of what it is instead; S01, S02.
FileFormat detect_format(Bytes file, const Origin& origin);

/// What a reader of one format works on, and fills in.
struct ReadJob {
  ByteSourcePtr source;
  const Origin& origin;
  const ReadOptions& options;
  Checkpoint& result;
};

void read_torch_zip(const ReadJob& job);
void read_legacy(const ReadJob& job);
void read_plain_pickle(const ReadJob& job);
void read_safetensors(const ReadJob& job);

/// The magic number of the legacy format, as its first pickle has it: LONG1 of ten bytes from protocol 2 on, text
/// before.
inline constexpr std::string_view kLegacyMagic{"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 12};
inline constexpr std::string_view kLegacyMagicText = "L119547037146038801333356L\n";
/// Whether the file begins with it, in a pickle of any protocol.
bool has_legacy_magic(std::string_view text);

/// Refuses `--key` for a format of which the whole file is the state dict. Errors: usage.
void refuse_key(const ReadJob& job, std::string_view format);

/// A storage format's last step: finds the state dict in `pickle` (or the attributes of a scripted module) and makes
/// its tensors. Arrays inside the pickle get `owner`.
class StorageProvider;
void fill_checkpoint(const ReadJob& job, const Pickle& pickle, bool scripted, StorageProvider* storages);

}  // namespace scriptc::weights
