// A back end without LibTorch, for tests of what surrounds it: SCRIPTC_BACKEND names it, FAKE_BACKEND says what goes
// wrong: `script`, `save` (a write of 1 MB at a time, without end), `verify`.

#include <unistd.h>

#include <cstdlib>
#include <string>

#include "scriptc/model/backend.h"
#include "scriptc/model/error.h"

namespace scriptc {
namespace {

bool fails_at(const std::string& stage) {
  const char* wanted = std::getenv("FAKE_BACKEND");
  return wanted && stage == wanted;
}

class FakeJob final : public Job {
 public:
  void script(const ScriptOptions&) override {
    if (fails_at("script")) throw Error(ErrorKind::model, "the model cannot be compiled");
  }
  std::string code() const override { return "def forward(self):\n    pass\n"; }
  void record_reference(const VerifyOptions& options) override { ran_ = !options.inputs.empty(); }
  void freeze() override {}
  std::vector<std::string> operators() const override { return {"aten::add.Tensor", "aten::relu"}; }
  void save(Format format, ByteSink& sink) override {
    const std::string text = format == Format::lite ? "lite" : "torchscript";
    sink.write(text.data(), text.size());
    const std::string block(1'000'000, 'x');
    while (fails_at("save")) sink.write(block.data(), block.size());
  }
  VerifyReport verify(const std::string& path, Format) override {
    if (::access(path.c_str(), R_OK) != 0) throw Error(ErrorKind::internal, "the saved file is not there");
    if (fails_at("verify")) throw Error(ErrorKind::verification, "output differs from the model's");
    VerifyReport report;
    report.ran = ran_;
    if (ran_) report.shapes.push_back({"N=2", 1e-7, 2, false, ""});
    return report;
  }
  ArchiveSummary summary() const override { return {{"forward"}, {"float32[2,10]"}, 42}; }

 private:
  bool ran_ = false;
};

class FakeBackend final : public Backend {
 public:
  BackendVersion version() const override { return {"0.0.0"}; }
  void set_threads(int) override {}
  void set_debug(bool) override {}
  void manual_seed(std::uint64_t) override {}
  Value call_operator(std::string_view, const Args&, const Kwargs&) override {
    return Tensor::from_impl(DType::float32, {}, nullptr);
  }
  bool has_operator(std::string_view) const override { return true; }
  Value tensor_values(const Tensor&) override { return None(); }
  std::unique_ptr<Job> begin(ModulePtr, python::Evaluator&) override { return std::make_unique<FakeJob>(); }
  ModulePtr mirror(const NativeModule&) override { return nullptr; }
  std::unique_ptr<Job> begin_native(NativeModule, ModulePtr) override { return nullptr; }
};

}  // namespace
}  // namespace scriptc

extern "C" scriptc::Backend* scriptc_backend() {
  static scriptc::FakeBackend backend;
  return &backend;
}
