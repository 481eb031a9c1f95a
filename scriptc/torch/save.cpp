#include "scriptc/torch/save.h"

#include <torch/csrc/jit/serialization/export.h>
#include <torch/version.h>

#include <cstdio>

#include "scriptc/torch/captured_archive.h"
#include "scriptc/torch/edge.h"
#include "scriptc/torch/ivalue_tensors.h"
#include "scriptc/torch/zip_writer.h"

namespace scriptc::torch_backend {
namespace {

using caffe2::serialize::PyTorchStreamWriter;
namespace jit = ::torch::jit;

constexpr const char* kRoot = "archive/";
constexpr const char* kSerializationId = ".data/serialization_id";

void serialise(const jit::Module& module, Format format, CapturedArchive& archive) {
  const auto append = [&archive](const void* data, std::size_t size) { return archive.append(data, size); };
#if TORCH_VERSION_MAJOR >= 2
  // Its checksums are slower than ours, which replace them.
  PyTorchStreamWriter writer(append, /*compute_crc32=*/false);
#else
  PyTorchStreamWriter writer(append);
#endif
  jit::ScriptModuleSerializer serializer(writer);
  serializer.serialize(module, {}, /*bytecode_format=*/format == Format::lite, /*save_mobile_debug_info=*/false);
  writer.writeEndOfFile();
}

/// FNV-1a over what identifies the records.
class Digest {
 public:
  void add(std::string_view bytes) {
    for (const char c : bytes) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  }
  std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325u;
};

/// The form of LibTorch's own id: two numbers of 20 digits.
std::string serialization_id(const Digest& names, const Digest& checksums) {
  char text[41];
  std::snprintf(text, sizeof text, "%020llu%020llu", static_cast<unsigned long long>(names.value()),
                static_cast<unsigned long long>(checksums.value()));
  return text;
}

void repack(const CapturedArchive& archive, ByteSink& sink) {
  ZipWriter zip(sink);
  Digest names, checksums;
  for (const CapturedArchive::Record& record : archive.records()) {
    std::vector<std::byte> buffer;
    std::vector<Bytes> parts = inflated(record, buffer);
    std::string id;
    if (record.name == kSerializationId) {
      id = serialization_id(names, checksums);
      parts = {std::as_bytes(std::span(id))};
    }
    const std::string name = kRoot + record.name;
    const std::uint32_t crc = record.deflated ? zip.add_deflated(name, parts) : zip.add(name, parts);
    names.add(record.name);
    checksums.add({reinterpret_cast<const char*>(&crc), sizeof crc});
  }
  zip.finish();
}

void visit_constants(const jit::Block& block, const std::function<void(const at::Tensor&)>& visit) {
  for (const jit::Node* node : block.nodes()) {
    if (node->kind() == c10::prim::Constant) {
      if (const auto value = jit::toIValue(node->output())) for_each_tensor(*value, visit);
    }
    for (const jit::Block* inner : node->blocks()) visit_constants(*inner, visit);
  }
}

}  // namespace

void for_each_tensor(const jit::Module& module, const std::function<void(const at::Tensor&)>& visit) {
  for (const c10::IValue& slot : module._ivalue()->slots()) for_each_tensor(slot, visit);
  for (const jit::Module& part : module.modules())
    for (const jit::Method& method : part.get_methods()) visit_constants(*method.graph()->block(), visit);
}

void save_module(const jit::Module& module, Format format, ByteSink& sink) {
  CapturedArchive archive;
  for_each_tensor(module, [&](const at::Tensor& tensor) {
    if (tensor.is_cpu() && tensor.has_storage())
      archive.keep_in_place(tensor.storage().data(), tensor.storage().nbytes());
  });
  at_edge(ErrorKind::model, "the model cannot be saved", [&] { serialise(module, format, archive); });
  repack(archive, sink);
}

}  // namespace scriptc::torch_backend
