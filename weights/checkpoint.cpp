#include "weights/checkpoint.h"

#include <algorithm>
#include <utility>

#include "scriptc/model/text.h"
#include "weights/formats.h"
#include "weights/state_dict_finder.h"
#include "weights/tensor_builder.h"
#include "weights/zip_reader.h"

namespace scriptc::weights {
namespace {

/// DataParallel's prefix, if every name has it.
bool has_prefix(const OrderedMap<TensorView>& tensors, std::string_view prefix) {
  return !tensors.empty() && std::all_of(tensors.begin(), tensors.end(),
                                         [&](const auto& entry) { return entry.first.starts_with(prefix); });
}

void remove_prefix(OrderedMap<TensorView>& tensors, std::size_t length) {
  OrderedMap<TensorView> renamed;
  for (auto& [name, view] : tensors) renamed.set(std::string_view(name).substr(length), std::move(view));
  tensors = std::move(renamed);
}

void check_sparse(const ByteSource& source, const Origin& origin, const Caps& caps) {
  const std::uint64_t limit = inflated_limit(source, caps);
  if (source.bytes().size() > limit && source.stored() < source.bytes().size() / 20)
    throw origin.over(
        "",
        "is a sparse file of too many bytes " + got_limit(std::to_string(source.bytes().size()), std::to_string(limit)),
        "--max-bytes", "E05");
}

void read_format(const ReadJob& job) {
  switch (detect_format(job.source->bytes(), job.origin)) {
    case FileFormat::zip:
      return read_torch_zip(job);
    case FileFormat::legacy:
      return read_legacy(job);
    case FileFormat::pickle:
      return read_plain_pickle(job);
    case FileFormat::safetensors:
      return read_safetensors(job);
  }
}

}  // namespace

void refuse_key(const ReadJob& job, std::string_view format) {
  if (!job.options.key.empty())
    throw Error(ErrorKind::usage, "'" + escape(job.origin.path(), 0) + "': is a " + std::string(format) +
                                      ", which has no key " + quote(job.options.key) + "\n  help: leave --key out");
}

void fill_checkpoint(const ReadJob& job, const Pickle& pickle, bool scripted, StorageProvider* storages) {
  if (scripted) refuse_key(job, "TorchScript archive");
  const FoundStateDict found = scripted ? find_script_tensors(pickle.root, job.origin, job.options.caps)
                                        : find_state_dict(pickle.root, job.options.key, job.origin, job.options.caps);
  TensorBuilder builder(storages, job.origin, inflated_limit(*job.source, job.options.caps));
  for (const auto& [name, value] : found.tensors) job.result.tensors.set(name, builder.build(value, name));
  job.result.imports = pickle.imports;
  job.result.wrapper = found.wrapper;
  job.result.bytes = builder.total();
}

Checkpoint read_checkpoint(ByteSourcePtr source, const std::string& name, const ReadOptions& options) {
  const Origin origin(name, options.messages);
  Checkpoint result;
  result.path = name;
  check_sparse(*source, origin, options.caps);
  const ReadJob job{source, origin, options, result};
  try {
    read_format(job);
  } catch (const Error&) {
    source->check_unchanged();  // the better reason
    throw;
  }
  constexpr std::string_view kPrefix = kDataParallelPrefix;
  result.prefix_removed = has_prefix(result.tensors, kPrefix);
  if (result.prefix_removed) remove_prefix(result.tensors, kPrefix.size());
  source->check_unchanged();
  result.source = std::move(source);
  return result;
}

Checkpoint read_checkpoint(const std::string& path, const ReadOptions& options) {
  return read_checkpoint(map_file(path), path, options);
}

}  // namespace scriptc::weights
