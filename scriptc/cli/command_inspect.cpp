#include <map>
#include <nlohmann/json.hpp>

#include "scriptc/cli/checkpoint_options.h"
#include "scriptc/cli/command.h"
#include "scriptc/cli/units.h"
#include "scriptc/model/text.h"

namespace scriptc::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Tensors that share a storage are listed with the first of them: tied weights, or views that a training script saved.
class Storages {
 public:
  /// `name` is kept by reference. The name under which this tensor's storage was seen first; empty if this is the
  /// first.
  std::string first_name(const std::string& name, const TensorView& tensor) {
    const auto [found, is_new] = first_.try_emplace(tensor.storage, &name);
    return is_new ? "" : *found->second;
  }

 private:
  std::map<const void*, const std::string*> first_;
};

std::string shape_text(const TensorView& tensor) {
  std::vector<std::string> sizes;
  for (const std::int64_t size : tensor.shape) sizes.push_back(std::to_string(size));
  return std::string(dtype_info(tensor.dtype).name) + "[" + join(sizes, ",") + "]";
}

std::string heading(const weights::Checkpoint& checkpoint) {
  std::string text = escape(checkpoint.path, 0) + ": " + checkpoint.format + ", " +
                     plural(checkpoint.tensors.size(), "tensor") + ", " + bytes_text(checkpoint.bytes) + "\n";
  if (!checkpoint.wrapper.empty()) text += "  under key " + quote(checkpoint.wrapper) + "\n";
  if (checkpoint.prefix_removed) text += "  names are shown without their leading 'module.'\n";
  if (checkpoint.imports.empty()) return text;
  constexpr std::size_t kMost = 100;
  std::vector<std::string> imports;
  for (const std::string& name : checkpoint.imports) {
    if (imports.size() == kMost) break;
    imports.push_back(escape(name));
  }
  text += "  Python's pickle would import: " + join(imports);
  if (checkpoint.imports.size() > kMost) text += " and " + std::to_string(checkpoint.imports.size() - kMost) + " more";
  return text + "\n";
}

/// Prints as it goes: what a million names take is not held twice.
void print_text(const weights::Checkpoint& checkpoint, Console& console) {
  constexpr std::size_t kWidest = 60, kBuffer = 1 << 16;
  std::string text = heading(checkpoint);
  // A longer name reaches into the next column, rather than push it away from all others.
  std::size_t width = 0;
  for (const auto& [name, tensor] : checkpoint.tensors) {
    const std::size_t needed = name.size() > kWidest ? 0 : escape(name, 0).size();
    if (needed <= kWidest) width = std::max(width, needed);
  }
  Storages storages;
  for (const auto& [name, tensor] : checkpoint.tensors) {
    const std::string shown = escape(name, 0);
    const std::string first = storages.first_name(name, tensor);
    text += "  " + shown + std::string(std::max(width, shown.size()) - shown.size() + 2, ' ') + shape_text(tensor) +
            (first.empty() ? "" : "  (storage of " + quote(first) + ")") + "\n";
    if (text.size() < kBuffer) continue;
    console.print(text);
    text.clear();
  }
  console.print(text);
}

Json to_json(const weights::Checkpoint& checkpoint) {
  Json tensors = Json::array();
  Storages storages;
  for (const auto& [name, tensor] : checkpoint.tensors) {
    const std::string first = storages.first_name(name, tensor);
    tensors.push_back({{"name", name},
                       {"dtype", dtype_info(tensor.dtype).name},
                       {"shape", tensor.shape},
                       {"storage_of", first.empty() ? Json(nullptr) : Json(first)}});
  }
  return {{"path", checkpoint.path},
          {"format", checkpoint.format},
          {"key", checkpoint.wrapper.empty() ? Json(nullptr) : Json(checkpoint.wrapper)},
          {"module_prefix_removed", checkpoint.prefix_removed},
          {"imports", checkpoint.imports},
          {"bytes", checkpoint.bytes},
          {"tensors", std::move(tensors)}};
}

}  // namespace

const Grammar& inspect_grammar() {
  static const Grammar grammar = [] {
    Grammar made{
        "Check a checkpoint and list its tensors: nothing in it is ever run",
        {{"FILE", "a file that torch.save wrote (zip or legacy), a TorchScript archive, or safetensors"}},
        {{"help", 'h', ValueKind::flag, "", "show this help", "general"},
         {"json", 0, ValueKind::flag, "", "print JSON", "general"},
         {"key", 0, ValueKind::text, "KEY", "where the state dict lies inside the file, such as ema.model", "general"}},
        ""};
    for (Option& cap : cap_options()) made.options.push_back(std::move(cap));
    return made;
  }();
  return grammar;
}

int run_inspect(const Arguments& arguments, Console& console) {
  weights::ReadOptions reading = reading_options(arguments);
  reading.messages = &console;
  const weights::Checkpoint checkpoint = weights::read_checkpoint(arguments.text("FILE").value_or(""), reading);
  if (arguments.has("json"))
    console.print(to_json(checkpoint).dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  else
    print_text(checkpoint, console);
  checkpoint.source->check_unchanged();
  return 0;
}

}  // namespace scriptc::cli
