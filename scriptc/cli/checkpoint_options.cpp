#include "scriptc/cli/checkpoint_options.h"

#include <array>

namespace scriptc::cli {
namespace {

/// One row a flag.
struct CapOption {
  const char* name;
  const char* help;
  std::uint64_t weights::Caps::*member;
};
constexpr std::array kCapOptions{
    CapOption{"max-bytes", "bytes that a checkpoint may inflate to (the larger of 4 GiB and 20 times the file)",
              &weights::Caps::inflated_bytes},
    CapOption{"max-entries", "records in a checkpoint (1000000)", &weights::Caps::entries},
    CapOption{"max-pickle-bytes", "bytes of a pickle (256 MiB)", &weights::Caps::pickle_bytes},
    CapOption{"max-opcodes", "opcodes of a pickle (50000000)", &weights::Caps::opcodes},
    CapOption{"max-depth", "nesting inside a pickle (512)", &weights::Caps::depth},
    CapOption{"max-tensors", "tensors in a checkpoint (1000000)", &weights::Caps::tensors},
    CapOption{"max-header-bytes", "bytes of a safetensors header (100000000)", &weights::Caps::header_bytes},
    CapOption{"max-name-bytes", "bytes of a tensor's name (65536)", &weights::Caps::name_bytes},
};

}  // namespace

std::vector<Option> cap_options() {
  std::vector<Option> options;
  for (const CapOption& cap : kCapOptions)
    options.push_back({cap.name, 0, ValueKind::integer, "N", cap.help, "limits"});
  return options;
}

weights::ReadOptions reading_options(const Arguments& arguments) {
  weights::ReadOptions reading;
  reading.key = arguments.text("key").value_or("");
  for (const CapOption& cap : kCapOptions)
    if (const auto value = arguments.integer(cap.name)) reading.caps.*cap.member = static_cast<std::uint64_t>(*value);
  return reading;
}

}  // namespace scriptc::cli
