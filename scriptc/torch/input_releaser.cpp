#include "scriptc/torch/input_releaser.h"

#include <memory>
#include <utility>
#include <vector>

#include "weights/torn_pages.h"

namespace scriptc::torch_backend {
namespace {

constexpr std::size_t kWorthACall = 64u << 10;  // bytes; what the kernel maps at one fault

/// The memory that the operator that is running was given: its arguments are only known at the start. Not kept alive,
/// for addresses are all that is needed.
struct Inputs : at::ObserverContext {
  std::vector<std::pair<const void*, std::size_t>> memory;
};

std::unique_ptr<at::ObserverContext> at_start(const at::RecordFunction& call) {
  std::unique_ptr<Inputs> inputs;
  for (const c10::IValue& input : call.inputs()) {
    if (!input.isTensor() || !input.toTensor().defined() || !input.toTensor().has_storage()) continue;
    const c10::Storage& storage = input.toTensor().storage();
    if (storage.nbytes() < kWorthACall) continue;
    if (!inputs) inputs = std::make_unique<Inputs>();
    inputs->memory.emplace_back(storage.data(), storage.nbytes());
  }
  return inputs;
}

void at_end(const at::RecordFunction&, at::ObserverContext* context) {
  if (context == nullptr) return;
  for (const auto& [data, size] : static_cast<Inputs*>(context)->memory) weights::release_pages(data, size);
}

}  // namespace

InputReleaser::InputReleaser()
    : handle_(at::addThreadLocalCallback(
          at::RecordFunctionCallback(&at_start, &at_end).needsInputs(true).scopes({at::RecordScope::FUNCTION}))) {}

InputReleaser::~InputReleaser() { at::removeCallback(handle_); }

}  // namespace scriptc::torch_backend
